#include "operators/text/unicode.hpp"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uniset.h>

#include "cluster/types.hpp"

namespace shardmill {
namespace {

void check(UErrorCode status, const char* what) {
  if (U_FAILURE(status) != 0) {
    throw InternalError(std::string("ICU cannot give ") + what + ": " + u_errorName(status));
  }
}

icu::StringPiece piece(std::string_view text) {
  return {text.data(), narrow<int32_t>(text.size())};
}

// Assigned in Unicode 14, or ignorable by default even when unassigned.
const icu::UnicodeSet& unicode14() {
  static const icu::UnicodeSet set = [] {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet made(UNICODE_STRING_SIMPLE("[[:Age=14.0:][:Default_Ignorable_Code_Point:]]"),
                         status);
    check(status, "the characters of Unicode 14");
    made.freeze();
    return made;
  }();
  return set;
}

const icu::Normalizer2& available(const icu::Normalizer2* form, UErrorCode status) {
  check(status, "a normalisation form");
  return *form;
}

const icu::FilteredNormalizer2& nfc() {
  static const icu::FilteredNormalizer2 form = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* all = icu::Normalizer2::getNFCInstance(status);
    return icu::FilteredNormalizer2(available(all, status), unicode14());
  }();
  return form;
}

const icu::FilteredNormalizer2& nfc_unicode9() {
  static const icu::UnicodeSet known = [] {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet made(UNICODE_STRING_SIMPLE("[:Age=9.0:]"), status);
    check(status, "the characters of Unicode 9");
    made.freeze();
    return made;
  }();
  static const icu::FilteredNormalizer2 form = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* all = icu::Normalizer2::getNFCInstance(status);
    return icu::FilteredNormalizer2(available(all, status), known);
  }();
  return form;
}

const icu::FilteredNormalizer2& nfkc_casefold() {
  static const icu::FilteredNormalizer2 form = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* all = icu::Normalizer2::getNFKCCasefoldInstance(status);
    return icu::FilteredNormalizer2(available(all, status), unicode14());
  }();
  return form;
}

void append_normalized(const icu::Normalizer2& form, std::string_view text, std::string& out) {
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out);
  form.normalizeUTF8(0, piece(text), sink, nullptr, status);
  check(status, "a normalised text");
}

}  // namespace

bool is_nfc(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const bool yes = nfc().isNormalizedUTF8(piece(text), status) != 0;
  check(status, "a normalisation check");
  return yes;
}

void append_nfc(std::string_view text, std::string& out) { append_normalized(nfc(), text, out); }

void append_nfc_unicode9(std::string_view text, std::string& out) {
  append_normalized(nfc_unicode9(), text, out);
}

void append_nfkc_casefold(std::string_view text, std::string& out) {
  append_normalized(nfkc_casefold(), text, out);
}

void append_case_fold(std::string_view text, std::string& out) {
  icu::StringByteSink<std::string> sink(&out);
  while (!text.empty()) {
    const auto known = static_cast<std::size_t>(
        unicode14().spanUTF8(text.data(), narrow<int32_t>(text.size()), USET_SPAN_CONTAINED));
    UErrorCode status = U_ZERO_ERROR;
    icu::CaseMap::utf8Fold(0, piece(text.substr(0, known)), sink, nullptr, status);
    check(status, "a case folding");
    text.remove_prefix(known);
    const auto unknown = static_cast<std::size_t>(
        unicode14().spanUTF8(text.data(), narrow<int32_t>(text.size()), USET_SPAN_NOT_CONTAINED));
    out.append(text.substr(0, unknown));
    text.remove_prefix(unknown);
  }
}

bool folds_apart_from_what_precedes(char32_t code_point) {
  return nfkc_casefold().hasBoundaryBefore(static_cast<UChar32>(code_point)) != 0;
}

}  // namespace shardmill
