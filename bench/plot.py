"""Plots with logarithmic axes as SVG, written by hand: a grid of panels, lines with their values in a legend."""
import html
import math

WIDTH, HEIGHT = 430, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 36, 48
LEGEND = 30
# Told apart by the colour-blind too, and where one lies upon the other.
STROKES = (("#0072b2", "none"), ("#d55e00", "7 5"), ("#009e73", "2 4"))
UNITS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"), (1, " "))


def with_unit(value, unit):
    for size, prefix in UNITS:
        if value >= size:
            return f"{value / size:.3g}{prefix}{unit}".rstrip()
    return f"{value:.3g} {unit}".rstrip()


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{html.escape(words)}</text>'


def panel(x0, y0, title, unit, x_label, lines):
    """`lines`: (name, [(x, y)]), all above 0."""
    points = [point for _, line in lines for point in line]
    xs = sorted({x for x, _ in points})
    low, high = (round_(math.log10(value(y for _, y in points)) + edge)
                 for round_, value, edge in ((math.floor, min, 0), (math.ceil, max, 1e-9)))

    def place(x, y):
        return (x0 + LEFT + (math.log(x / xs[0]) / math.log(xs[-1] / xs[0])) * (WIDTH - LEFT - RIGHT),
                y0 + HEIGHT - BOTTOM - (math.log10(y) - low) / (high - low) * (HEIGHT - TOP - BOTTOM))

    svg = [text(x0 + (LEFT + WIDTH - RIGHT) / 2, y0 + 22, title, extra=' font-weight="bold"')]
    for power in range(low, high + 1):
        x, y = place(xs[0], 10.0 ** power)
        svg.append(f'<path d="M{x:.1f} {y:.1f}H{x0 + WIDTH - RIGHT}" stroke="#ddd"/>')
        svg.append(text(x - 6, y + 4, with_unit(10.0 ** power, unit), "end"))
    for value in xs:
        x, y = place(value, 10.0 ** low)
        svg.append(f'<path d="M{x:.1f} {y:.1f}V{y0 + TOP}" stroke="#ddd"/>')
        svg.append(text(x, y + 16, f"{value:,}"))
    svg.append(text(x0 + (LEFT + WIDTH - RIGHT) / 2, y0 + HEIGHT - 12, x_label))
    for (_, line), (colour, dashes) in zip(lines, STROKES):
        corners = [place(x, y) for x, y in line]
        svg.append(f'<polyline fill="none" stroke="{colour}" stroke-dasharray="{dashes}" '
                   'stroke-width="2" points="'
                   + " ".join(f"{x:.1f},{y:.1f}" for x, y in corners) + '"/>')
        for (x, y), (_, value) in zip(corners, line):
            svg.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}">'
                       f"<title>{with_unit(value, unit)}</title></circle>")
    return svg


def log_log(title, x_label, panels, columns=2):
    """An SVG; `panels`: (title, unit, lines). The lines of all have the same names."""
    rows = math.ceil(len(panels) / columns)
    width, height = columns * WIDTH, rows * HEIGHT + LEGEND + 34
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="12" fill="#222">',
           f'<rect width="{width}" height="{height}" fill="white"/>',  # legible on dark pages too
           text(width / 2, 24, title, extra=' font-size="15"')]
    for i, (name, unit, lines) in enumerate(panels):
        svg += panel(i % columns * WIDTH, 34 + i // columns * HEIGHT, name, unit, x_label, lines)
    x = LEFT
    for (name, _), (colour, dashes) in zip(panels[0][2], STROKES):
        svg.append(f'<path d="M{x} {height - 18}h26" stroke="{colour}" stroke-dasharray="{dashes}" stroke-width="2"/>')
        svg.append(text(x + 32, height - 14, name, "start"))
        x += 60 + 7 * len(name)
    return "\n".join(svg + ["</svg>"]) + "\n"
