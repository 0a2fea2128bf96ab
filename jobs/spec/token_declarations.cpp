#include "engine/plan/token_format.hpp"
#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

using Works = OperatorDeclaration::Works;

std::pair<std::string, std::string> tokenize_fault(const Settings& settings) {
  const bool encoding = settings.has("encoding");
  const bool tokenizer = settings.has("tokenizer");
  if (encoding == tokenizer) {
    return {encoding ? "tokenizer" : "encoding",
            "say `encoding` (with its `vocabulary`) or `tokenizer`, one of the two"};
  }
  const bool bytes = encoding && settings.text("encoding") == "bytes";
  if (encoding && !bytes && !settings.has("vocabulary")) {
    return {"encoding", "an encoding needs its file: `vocabulary`"};
  }
  if ((tokenizer || bytes) && settings.has("vocabulary")) {
    return {"vocabulary", tokenizer ? "`tokenizer` is a file with its vocabulary; leave one out"
                                    : "the encoding `bytes` has no vocabulary"};
  }
  const bool pairs =
      encoding && (settings.text("encoding") == "gpt2" || settings.text("encoding") == "r50k_base");
  if (settings.has("merges") && !pairs) {
    return {"merges", "only GPT-2's encoder.json has its merges in a file of their own"};
  }
  return {};
}

std::string cluster_size_fault(const std::string& size) {
  const bool number = !size.empty() && size.size() < 10 && size[0] != '0' &&
                      size.find_first_not_of("0123456789") == std::string::npos;
  return number ? "" : "a number of documents, at least 1";
}

}  // namespace

OperatorDeclaration tokenize_declaration() {
  return {.name = "tokenize",
          .help = "makes token ids of the texts; `write.tokens` says how they are published",
          .parameters = {{.name = "encoding",
                          .kind = Kind::choice,
                          .help = "how texts are cut and merged",
                          .choices = {"gpt2", "r50k_base", "cl100k_base", "o200k_base", "bytes"}},
                         {.name = "vocabulary",
                          .kind = Kind::path,
                          .help = "of the encoding: its .tiktoken file, or GPT-2's encoder.json"},
                         {.name = "merges",
                          .kind = Kind::path,
                          .help = "beside encoder.json: vocab.bpe"},
                         {.name = "tokenizer",
                          .kind = Kind::path,
                          .help = "instead of an encoding: tokenizer.json (byte-level BPE) or a "
                                  "SentencePiece .model"},
                         {.name = "eos",
                          .kind = Kind::text,
                          .help = "special token that ends each document, and is none in a text; "
                                  "else the tokenizer's own"},
                         {.name = "allow_special",
                          .kind = Kind::boolean,
                          .default_value = "false",
                          .help = "special tokens in a text are these tokens, not text"}},
          .works = Works::global,
          .version = 2,
          .fault = tokenize_fault};
}

const Section& write_tokens_section() {
  static const Section section = {"write.tokens",
                                  {{.name = "layout",
                                    .kind = Kind::choice,
                                    .default_value = "corpus",
                                    .help = "what a token shard is",
                                    .choices = {"corpus", "sample"}},
                                   {.name = "max_sequence_length",
                                    .kind = Kind::integer,
                                    .unit = "positions",
                                    .help = "of a sample; layout sample needs it",
                                    .minimum = "1",
                                    .maximum = "1048576"},
                                   {.name = "packing",
                                    .kind = Kind::choice,
                                    .default_value = "concat",
                                    .help = "how documents are put into samples",
                                    .choices = {kPackings.begin(), kPackings.end()}},
                                   {.name = "attention_spans",
                                    .kind = Kind::boolean,
                                    .default_value = "false",
                                    .help = "two more rows in a sample: attention_span and "
                                            "position_ids"},
                                   {.name = "weights_by",
                                    .kind = Kind::text,
                                    .default_value = "source",
                                    .help = "what epochs and shares name: `source`, or the values "
                                            "of a column"},
                                   {.name = "epochs",
                                    .kind = Kind::decimal_map,
                                    .help = "how often documents of a value are there; others once",
                                    .minimum = "0",
                                    .maximum = "1000"},
                                   {.name = "shares",
                                    .kind = Kind::decimal_map,
                                    .help = "instead: each value's part of the tokens; others none",
                                    .minimum = "0",
                                    .maximum = "1000"},
                                   {.name = "cluster_epochs",
                                    .kind = Kind::decimal_map,
                                    .help = "times this for documents of clusters of at least so "
                                            "many duplicates",
                                    .minimum = "0",
                                    .maximum = "1000",
                                    .fault = cluster_size_fault},
                                   {.name = "weights_split",
                                    .kind = Kind::text,
                                    .help = "the split that is weighted; default: the first"},
                                   {.name = "shard_size",
                                    .kind = Kind::size,
                                    .default_value = "4GiB",
                                    .unit = "bytes",
                                    .help = "most bytes of token ids of a shard",
                                    .minimum = "1"}}};
  return section;
}

}  // namespace shardmill
