#include "operators/contamination/planting.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_punctuation(char c) { return c > ' ' && c < '\x7f' && !is_digit(c) && !is_letter(c); }
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::vector<std::string_view> split_at(std::string_view text, bool (*separates)(char),
                                       bool with_empty) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = begin;
    while (end < text.size() && !separates(text[end])) ++end;
    if (with_empty || end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string_view> tokens_of(std::string_view text) {
  return split_at(text, is_space, false);
}

std::string joined(const std::vector<std::string_view>& parts, std::size_t begin, std::size_t end,
                   char separator = ' ') {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin) text += separator;
    text += parts[i];
  }
  return text;
}

// 0 … size - 1 in an order that depends on the names only.
std::vector<std::size_t> shuffled(std::size_t size, std::string_view kind, std::string_view name) {
  std::vector<std::pair<u64, std::size_t>> drawn;
  for (std::size_t i = 0; i < size; ++i) {
    drawn.emplace_back(draw_number({kind, name, std::to_string(i)}), i);
  }
  std::sort(drawn.begin(), drawn.end());
  std::vector<std::size_t> order;
  for (const auto& [number, i] : drawn) order.push_back(i);
  return order;
}

// So many per cent of the positions, at least one.
std::vector<u8> drawn(std::size_t size, std::string_view kind, std::string_view name, u64 share) {
  std::vector<u8> chosen(size, 0);
  std::vector<std::size_t> order = shuffled(size, kind, name);
  order.resize(std::min<std::size_t>(order.size(), std::max<u64>(1, size * share / 100)));
  for (const std::size_t i : order) chosen[i] = 1;
  return chosen;
}

// One item, and the edits of it.
class Edits {
 public:
  Edits(const ItemIndex& index, u32 item, const std::string& text, const std::string& other)
      : words_(index.words(item)),
        name_(index.name(item)),
        text_(text),
        other_(other),
        tokens_(tokens_of(text)) {}

  // Nothing where that changes nothing.
  [[nodiscard]] std::optional<std::string> edited(std::string_view kind) const {
    if (kind == "verbatim") return text_;
    if (kind == "case") return other_case();
    if (kind == "whitespace") return other_whitespace();
    if (kind == "punctuation") return other_punctuation();
    if (kind == "lines_reordered") return other_lines(kind);
    if (kind == "truncated_60") return joined(tokens_, 0, (6 * tokens_.size() + 9) / 10);
    if (kind.starts_with("typos_")) return typos(kind, share_of(kind));
    if (kind.starts_with("drops_")) return drops(kind, share_of(kind));
    if (kind == "other_numbers") return other_numbers(kind);
    if (kind == "scrambled") return scrambled(kind);
    if (kind == "quarter") return quarter();
    if (kind == "other_words") return other_words();
    throw InternalError("no edit: " + std::string(kind));
  }

 private:
  static u64 share_of(std::string_view kind) {
    return std::stoull(std::string(kind.substr(kind.size() - 2)));
  }

  [[nodiscard]] std::string other_case() const {
    std::string text = text_;
    for (char& c : text) {
      if (is_letter(c)) c = static_cast<char>(c ^ 0x20);
    }
    return text;
  }

  [[nodiscard]] std::string other_whitespace() const {
    std::string text;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      text.append(tokens_[i]).append(i % 3 == 0 ? "\n" : "  ");
    }
    return text;
  }

  // None at the ends of tokens, and a comma behind every third.
  [[nodiscard]] std::string other_punctuation() const {
    std::string text;
    std::size_t i = 0;
    for (std::string_view token : tokens_) {
      while (!token.empty() && is_punctuation(token.front())) token.remove_prefix(1);
      while (!token.empty() && is_punctuation(token.back())) token.remove_suffix(1);
      if (token.empty()) continue;
      if (i > 0) text += ' ';
      text += token;
      if (i++ % 3 == 2) text += ',';
    }
    return text;
  }

  // Choices stand one a line.
  [[nodiscard]] std::optional<std::string> other_lines(std::string_view kind) const {
    const auto lines = split_at(
        text_, [](char c) { return c == '\n'; }, true);
    if (lines.size() < 3) return std::nullopt;
    std::string text(lines.front());
    for (const std::size_t i : shuffled(lines.size() - 1, kind, name_)) {
      text.append("\n").append(lines[i + 1]);
    }
    return text;
  }

  // A letter too many in words that are no numbers: another number is another item.
  [[nodiscard]] std::optional<std::string> typos(std::string_view kind, u64 share) const {
    std::vector<std::size_t> able;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (std::none_of(tokens_[i].begin(), tokens_[i].end(), is_digit)) able.push_back(i);
    }
    if (able.empty()) return std::nullopt;
    const std::vector<u8> chosen = drawn(able.size(), kind, name_, share);
    std::string text;
    std::size_t next = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (i > 0) text += ' ';
      const bool is_able = next < able.size() && able[next] == i;
      if (!is_able || chosen[next++] == 0) {
        text += tokens_[i];
        continue;
      }
      std::size_t first = 1;
      while (first < tokens_[i].size() && continues(tokens_[i][first])) ++first;
      text += tokens_[i].substr(0, first);
      text += static_cast<char>('a' + draw_number({kind, name_, std::to_string(i)}) % 26);
      text += tokens_[i].substr(first);
    }
    return text;
  }

  [[nodiscard]] std::string drops(std::string_view kind, u64 share) const {
    const std::vector<u8> gone = drawn(tokens_.size(), kind, name_, share);
    std::vector<std::string_view> left;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (gone[i] == 0) left.push_back(tokens_[i]);
    }
    return joined(left, 0, left.size());
  }

  [[nodiscard]] std::optional<std::string> other_numbers(std::string_view kind) const {
    const int shift = static_cast<int>(1 + draw_number({kind, name_}) % 9);
    std::string text = text_;
    for (char& c : text) {
      if (is_digit(c)) c = static_cast<char>('0' + (c - '0' + shift) % 10);
    }
    if (text == text_) return std::nullopt;
    return text;
  }

  [[nodiscard]] std::string scrambled(std::string_view kind) const {
    std::vector<std::string_view> other;
    for (const std::size_t i : shuffled(tokens_.size(), kind, name_)) other.push_back(tokens_[i]);
    return joined(other, 0, other.size());
  }

  [[nodiscard]] std::optional<std::string> quarter() const {
    if (words_.words.size() < 12) return std::nullopt;
    return joined(tokens_, 0, tokens_.size() / 4);
  }

  // The template of an item with the words of another: the heavier half is replaced.
  [[nodiscard]] std::optional<std::string> other_words() const {
    if (&text_ == &other_) return std::nullopt;  // the only item of its length
    const std::vector<std::string> own = words_of(text_);
    const std::vector<std::string> theirs = words_of(other_);
    std::vector<std::size_t> order(own.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return words_.weights[a] > words_.weights[b];
    });
    std::vector<u8> heavy(own.size(), 0);
    for (std::size_t i = 0; i < (own.size() + 1) / 2; ++i) heavy[order[i]] = 1;
    std::string text;
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (i > 0) text += ' ';
      text += heavy[i] != 0 ? theirs[i % theirs.size()] : own[i];
    }
    return text;
  }

  static std::vector<std::string> words_of(const std::string& text) {
    WordScanner scanner;
    std::vector<std::string> words(scanner.scan(text));
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = scanner[i];
    return words;
  }

  WeightedWords words_;
  std::string_view name_;
  const std::string& text_;
  const std::string& other_;
  std::vector<std::string_view> tokens_;
};

// The items of one length that are planted.
std::vector<u32> sample(const ItemIndex& index, const LengthClass& of, u64 planted) {
  using Drawn = std::tuple<u64, std::string_view, u32>;
  std::vector<Drawn> items;
  for (u32 item = 0; item < index.size(); ++item) {
    const u64 words = index.words(item).words.size();
    if (words < of.least || words > of.most) continue;
    const std::string_view name = index.name(item);
    items.emplace_back(draw_number({"item", name}), name, item);
  }
  std::sort(items.begin(), items.end());
  items.resize(std::min<std::size_t>(items.size(), planted / kLengthClasses.size()));
  std::vector<u32> sampled;
  for (const auto& [number, name, item] : items) sampled.push_back(item);
  return sampled;
}

}  // namespace

u64 draw_number(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    if (!text.empty()) text += ' ';
    text += part;
  }
  return hash64(text);
}

std::string_view cut_text(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && continues(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

std::vector<std::string> planted_names(const ItemIndex& index, u64 planted) {
  std::vector<std::string> names;
  for (const LengthClass& of : kLengthClasses) {
    for (const u32 item : sample(index, of, planted)) names.emplace_back(index.name(item));
  }
  return names;
}

void for_each_plant(const ItemIndex& index, u64 planted,
                    const std::function<const std::string&(const std::string&)>& text_of,
                    const std::function<void(const Plant&)>& f) {
  for (u32 c = 0; c < kLengthClasses.size(); ++c) {
    const std::vector<u32> items = sample(index, kLengthClasses[c], planted);
    for (std::size_t n = 0; n < items.size(); ++n) {
      const std::string& text = text_of(std::string(index.name(items[n])));
      const std::string& other = text_of(std::string(index.name(items[(n + 1) % items.size()])));
      const Edits edits(index, items[n], text, other);
      for (u32 kind = 0; kind < kPlantKinds.size(); ++kind) {
        std::optional<std::string> edited = edits.edited(kPlantKinds[kind].name);
        if (edited) f({kind, c, items[n], std::move(*edited)});
      }
    }
  }
}

PlantedText plant_in(std::string_view document, std::string_view text, u64 number) {
  const std::vector<std::string_view> around = tokens_of(cut_text(document, kHostBytes));
  const std::size_t at = draw_number({"place", std::to_string(number)}) % (around.size() + 1);
  PlantedText planted;
  planted.text = joined(around, 0, at) + "\n";
  planted.begin = planted.text.size();
  planted.text += text;
  planted.end = planted.text.size();
  planted.text += "\n" + joined(around, at, around.size());
  return planted;
}

}  // namespace shardmill
