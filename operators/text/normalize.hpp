// The step `normalize`: one text made tidy.
#pragma once

#include <string>
#include <string_view>

namespace shardmill {

struct NormalizeSettings {
  bool nfc = true;                   // Unicode normalisation form C
  bool remove_control = false;       // category Cc except line feed and tab
  bool collapse_whitespace = false;  // see normalize()
  bool case_fold = false;            // full case folding, C + F of CaseFolding.txt
};

// Applies what the settings ask for, in this order, and puts the result into `out`; returns whether
// it differs from `text`. When it returns false, `out` is empty: nothing is copied.
//
// 1. nfc.
// 2. remove_control: U+0000-0008, 000B-001F, 007F-009F are removed; carriage returns are among
// them.
// 3. collapse_whitespace: a blank is U+0009, U+0020 or any other space separator (category Zs:
//    U+00A0, 1680, 2000-200A, 202F, 205F, 3000). Each maximal run of blanks becomes one U+0020, or
//    nothing before a line feed and at the end of the text; then each maximal run of three or more
//    line feeds becomes two. (So lines of blanks only are empty lines; indentation becomes one
//    space.)
// 4. case_fold; where that changed something, nfc again if it is on.
//
// `text` is valid UTF-8 of less than 2 GiB and may not point into `out`. Unicode 14 (unicode.hpp).
bool normalize(std::string_view text, const NormalizeSettings& settings, std::string& out);

}  // namespace shardmill
