#include "engine/observe/timestamp.hpp"

#include <iomanip>
#include <locale>
#include <sstream>

namespace shardmill {

std::string rfc3339(std::chrono::system_clock::time_point time) {
  namespace chrono = std::chrono;
  // Calendar arithmetic of the library: unlike gmtime it has no shared state and needs no locale.
  const auto midnight = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(midnight);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::milliseconds>(time - midnight));
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::setfill('0');
  out << std::setw(4) << static_cast<int>(date.year()) << '-';
  out << std::setw(2) << static_cast<unsigned>(date.month()) << '-';
  out << std::setw(2) << static_cast<unsigned>(date.day()) << 'T';
  out << std::setw(2) << clock.hours().count() << ':';
  out << std::setw(2) << clock.minutes().count() << ':';
  out << std::setw(2) << clock.seconds().count() << '.';
  out << std::setw(3) << clock.subseconds().count() << 'Z';
  return out.str();
}

}  // namespace shardmill
