#include "operators/tokenize/hugging_face_file.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/observe/json_line.hpp"
#include "operators/text/unicode.hpp"
#include "operators/tokenize/byte_alphabet.hpp"
#include "operators/tokenize/json_vocabulary.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::json;

// What ends a text, when it is an added token; the first that is there.
constexpr std::string_view kEnds[] = {"<|endoftext|>",
                                      "<|end_of_text|>",
                                      "</s>",
                                      "<|eot_id|>",
                                      "<eos>",
                                      "<|im_end|>",
                                      "<\uFF5Cend\u2581of\u2581sentence\uFF5C>"};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  BpeModel read(const Json& file) {
    if (!file.is_object() || !file.contains("model")) fail("", "expected an object with `model`");
    for (const char* name : {"truncation", "padding"}) {
      if (!member(file, name).is_null()) fail(name, "is not done; expected null");
    }
    read_model(member(file, "model"));
    read_normalizer("normalizer", member(file, "normalizer"));
    read_pre_tokenizer(member(file, "pre_tokenizer"));
    const Json& decoder = member(file, "decoder");
    if (type_of("decoder", decoder) != "ByteLevel") {
      fail("decoder", "expected ByteLevel; found " + type_of("decoder", decoder));
    }
    read_added_tokens(member(file, "added_tokens"));
    model_.vocabulary_size = model_.vocabulary.tokens.id_limit();
    for (const BpeModel::Added& added : model_.added) {
      model_.vocabulary_size = std::max<u64>(model_.vocabulary_size, u64{added.id} + 1);
    }
    for (const std::string_view end : kEnds) {
      for (const BpeModel::Added& added : model_.added) {
        if (added.text == end && !model_.end_of_text) model_.end_of_text = added.id;
      }
    }
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(const std::string& place, const std::string& what) const {
    throw DataError(path_ + ": " + (place.empty() ? "" : place + ": ") + what);
  }
  // null when it is absent.
  static const Json& member(const Json& object, const std::string& name) {
    static const Json null;
    const auto found = object.find(name);
    return found == object.end() ? null : *found;
  }
  // "none" for null.
  std::string type_of(const std::string& place, const Json& object) const {
    if (object.is_null()) return "none";
    const Json& type = object.is_object() ? member(object, "type") : object;
    if (!object.is_object() || !type.is_string()) fail(place, "expected an object with `type`");
    return type.get<std::string>();
  }
  bool flag(const std::string& place, const Json& object, const char* name, bool otherwise) const {
    const Json& value = member(object, name);
    if (value.is_null()) return otherwise;
    if (!value.is_boolean()) fail(place + "." + name, "expected true or false");
    return value.get<bool>();
  }
  void refuse_others(const std::string& place, const Json& object,
                     const std::set<std::string>& known) const {
    for (const auto& [name, value] : object.items()) {
      if (known.count(name) != 0) continue;
      fail(std::string(place).append(".").append(name), "this setting is not known");
    }
  }

  void read_model(const Json& model) {
    if (!model.is_object()) fail("model", "expected an object");
    const std::string type = model.contains("type") || !model.contains("merges")
                                 ? type_of("model", model)
                                 : "BPE";  // as older files leave it out
    if (type != "BPE") fail("model", "expected BPE; found " + type);
    refuse_others(
        "model", model,
        {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
         "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"});
    // unk_token and fuse_unk say nothing, since every byte of a text is a token.
    for (const char* name : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
      const Json& value = member(model, name);
      if (value.is_null() || value == 0 || value == Json(std::string())) continue;
      fail(std::string("model.") + name, value.dump() + " is not done; expected null");
    }
    if (flag("model", model, "byte_fallback", false)) {
      fail("model.byte_fallback", "is not done; expected false");
    }
    Vocabulary& vocabulary = model_.vocabulary;
    vocabulary.whole_words = flag("model", model, "ignore_merges", false);
    JsonTokens found = tokens_of_json(path_, "model.vocab: ", member(model, "vocab"));
    vocabulary.tokens = std::move(found.tokens);
    unspelt_ = std::move(found.unspelt);
    // Vocabularies that were trained without all bytes in their alphabet lack those that no text
    // has.
    require_bytes_of_utf8(path_, vocabulary.tokens);
    const Json& merges = member(model, "merges");
    if (!merges.is_array()) fail("model.merges", "expected an array");
    MergeList list(path_, vocabulary.tokens, merges.size());
    for (std::size_t i = 0; i < merges.size(); ++i) {
      read_merge("model.merges[" + std::to_string(i) + "]", merges[i], list);
    }
    vocabulary.pairs = list.take();
  }

  void read_merge(const std::string& place, const Json& merge, MergeList& list) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      return list.add(place, merge[0].get_ref<const std::string&>(),
                      merge[1].get_ref<const std::string&>());
    }
    const std::string_view text = merge.is_string()
                                      ? std::string_view(merge.get_ref<const std::string&>())
                                      : std::string_view();
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) fail(place, R"(expected "a b" or ["a", "b"])");
    list.add(place, text.substr(0, space), text.substr(space + 1));
  }

  void read_normalizer(const std::string& place, const Json& normalizer) {
    const std::string type = type_of(place, normalizer);
    if (type == "Sequence") {
      for (const Json& each : member(normalizer, "normalizers")) read_normalizer(place, each);
    } else if (type == "NFC") {
      model_.nfc = true;
    } else if (type != "none") {
      fail(place, "expected null or NFC; found " + type);
    }
  }

  void read_pre_tokenizer(const Json& pre_tokenizer) {
    const std::string type = type_of("pre_tokenizer", pre_tokenizer);
    if (type == "ByteLevel") {
      read_byte_level(pre_tokenizer, true);
      model_.pattern = WordPattern::gpt2;
      return;
    }
    const Json& steps = member(pre_tokenizer, "pretokenizers");
    std::string found = type;
    if (steps.is_array()) {
      for (const Json& step : steps) found += " " + type_of("pre_tokenizer", step);
    }
    if (found == "Sequence Digits ByteLevel") {
      if (!flag("pre_tokenizer", steps[0], "individual_digits", false)) {
        fail("pre_tokenizer.individual_digits", "expected true");
      }
      read_byte_level(steps[1], true);
      model_.pattern = WordPattern::gpt2_digits;
      return;
    }
    if (found != "Sequence Split ByteLevel" && found != "Sequence Split Split Split ByteLevel") {
      fail("pre_tokenizer",
           "expected ByteLevel, or Sequence of Split or Digits and ByteLevel; found " + found);
    }
    std::vector<std::string> regexes;
    for (std::size_t i = 0; i + 1 < steps.size(); ++i)
      regexes.push_back(read_split(steps[i], steps.size() == 2));
    const auto known = word_pattern(regexes);
    if (!known) {
      fail("pre_tokenizer.pattern",
           "this regular expression is not known: " +
               (regexes.size() == 1 ? Json(regexes[0]) : Json(regexes)).dump());
    }
    model_.pattern = *known;
    read_byte_level(steps.back(), false);
  }

  std::string read_split(const Json& split, bool alone) const {
    const Json& pattern = member(split, "pattern");
    const Json& regex = pattern.is_object() ? member(pattern, "Regex") : pattern;
    if (!regex.is_string()) fail("pre_tokenizer.pattern", "expected {\"Regex\": …}");
    // All of a text is in matches of an expression that stands alone, so that these two are one.
    const Json& behavior = member(split, "behavior");
    const bool invert = flag("pre_tokenizer", split, "invert", false);
    if (!(behavior == "Isolated" && !invert) && !(alone && behavior == "Removed" && invert)) {
      fail("pre_tokenizer.behavior", std::string("expected Isolated") +
                                         (alone ? ", or Removed and inverted" : "") + "; found " +
                                         behavior.dump() + (invert ? " and inverted" : ""));
    }
    return regex.get<std::string>();
  }

  void read_byte_level(const Json& byte_level, bool use_regex) const {
    if (flag("pre_tokenizer", byte_level, "add_prefix_space", true)) {
      fail("pre_tokenizer.add_prefix_space", "is not done; expected false");
    }
    if (flag("pre_tokenizer", byte_level, "use_regex", true) != use_regex) {
      fail("pre_tokenizer.use_regex",
           use_regex ? "expected true, since there is no Split" : "expected false behind a Split");
    }
  }

  // Of what the vocabulary calls exactly so: an added token of two blanks is not the token that it
  // writes in the byte alphabet.
  [[nodiscard]] std::optional<u32> id_as_written(const std::string& text) const {
    if (const auto bytes = bytes_of_letters(text)) return model_.vocabulary.tokens.find(*bytes);
    const auto found = unspelt_.find(text);
    return found == unspelt_.end() ? std::nullopt : std::optional(found->second);
  }

  void read_added_tokens(const Json& tokens) {
    if (tokens.is_null()) return;
    if (!tokens.is_array()) fail("added_tokens", "expected an array");
    std::set<std::string> texts;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const std::string place = "added_tokens[" + std::to_string(i) + "]";
      const Json& token = tokens[i];
      const Json& text = token.is_object() ? member(token, "content") : token;
      const Json& id = token.is_object() ? member(token, "id") : token;
      if (!token.is_object() || !text.is_string() || text.get<std::string>().empty() ||
          !id.is_number_unsigned() || id.get<u64>() >= TokenBytes::kMostIds) {
        fail(place, "expected `content`, and `id` below " + std::to_string(TokenBytes::kMostIds));
      }
      BpeModel::Added added{text.get<std::string>(), id.get<u32>(),
                            flag(place, token, "special", false),
                            flag(place, token, "normalized", true)};
      for (const char* name : {"single_word", "lstrip", "rstrip"}) {
        if (flag(place, token, name, false)) {
          fail(place + "." + name,
               "is not done for " + json_string(added.text) + "; expected false");
        }
      }
      if (!texts.insert(added.text).second) {
        fail(place, json_string(added.text) + " is there twice");
      }
      const std::string_view in_vocabulary = model_.vocabulary.tokens.bytes(added.id);
      if ((!in_vocabulary.empty() && in_vocabulary != added.text) ||
          id_as_written(added.text).value_or(added.id) != added.id) {
        fail(place, json_string(added.text) + " with id " + std::to_string(added.id) +
                        " is not what the vocabulary has");
      }
      if (added.normalized && model_.nfc) {
        std::string normal;
        append_nfc_unicode9(added.text, normal);
        added.text = normal;
      }
      model_.added.push_back(std::move(added));
    }
  }

  const std::string& path_;
  BpeModel model_;
  std::map<std::string, u32> unspelt_;  // see JsonTokens
};

}  // namespace

BpeModel read_hugging_face_file(const std::string& path, std::string_view content) {
  return Reader(path).read(parse_json(path, content));
}

}  // namespace shardmill
