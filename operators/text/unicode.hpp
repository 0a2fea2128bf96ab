// What the Unicode library does for us, and the only file that includes it (its .cpp does).
//
// Everything keeps to Unicode 14: code points assigned later pass through unchanged, as if unknown,
// so that a newer library gives the same bytes (normalisation and case folding of assigned
// characters are stable by Unicode policy). All texts are valid UTF-8 of less than 2 GiB; longer
// ones throw InternalError, as does a library without its data.
#pragma once

#include <string>
#include <string_view>

namespace shardmill {

[[nodiscard]] bool is_nfc(std::string_view text);

// Each appends its result to `out`, which must not be what `text` points into.
void append_nfc(std::string_view text, std::string& out);
// The same of Unicode 9, which is what Hugging Face's tokenizers have, whatever their version:
// marks assigned later stay where they are.
void append_nfc_unicode9(std::string_view text, std::string& out);
// toNFKC_Casefold: compatibility forms, full case folding, default-ignorable characters removed
// (Unicode Standard, section 5.18 and UAX 44).
void append_nfkc_casefold(std::string_view text, std::string& out);
// Full case folding, C and F of CaseFolding.txt, not the Turkic one.
void append_case_fold(std::string_view text, std::string& out);

// True when NFKC_Casefold of any text may be taken of the parts before and from this code point on,
// independently.
[[nodiscard]] bool folds_apart_from_what_precedes(char32_t code_point);

}  // namespace shardmill
