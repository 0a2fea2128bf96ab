"""Lines that `shardmill tokenize` reads and prints."""

import json
import unittest

from test_tokenize import Case, tokenize


class Lines(Case):
    OPTIONS = "--encoding", "bytes"

    def test_ids_are_copied_and_other_fields_left_out(self):
        done = tokenize(['{"id": "a", "text": "hi", "more": 1}', "", ' {"text": "", "id": 1.50} ', '{"text": "\\u00e9\\n"}'],
                        *self.OPTIONS)
        self.assertEqual(done.stdout.decode().splitlines(),
                         ['{"id":"a","ids":[104,105]}', '{"id":1.50,"ids":[]}', '{"ids":[195,169,10]}'])
        back = tokenize(done.stdout.decode().splitlines(), *self.OPTIONS, "--decode")
        self.assertEqual(back.stdout.decode().splitlines(),
                         ['{"id":"a","text":"hi"}', '{"id":1.50,"text":""}', '{"text":"é\\n"}'])

    def test_a_number_is_copied_as_it_is_written(self):
        for number in ("12345678901234567890123", "-0", "0.10000000000000000055", "1E40", "9007199254740993.0"):
            for line in ('{"text": "", "id": %s}', '{"id":%s\t, "text": "", "more": {"id": [1, "}"]}}',
                         '{"id": "x", "text": "", "\\u0069d" : %s }', '{"a\\"": "{\\\\", "id": %s, "text": "\\"id\\": 2"}',
                         ' {"b": [{}, [], "]"], "text": "", "id" :%s}'):
                done = tokenize([line % number], *self.OPTIONS)
                self.assertEqual(json.loads(done.stdout, parse_int=str, parse_float=str)["id"], number, line)
                done = tokenize([(line % number).replace('"text"', '"no": 1, "ids": [], "x"')], *self.OPTIONS, "--decode")
                self.assertEqual(done.stdout.decode(), '{"id":%s,"text":""}\n' % number)

    def test_what_is_no_utf8_is_shown_as_elsewhere(self):
        self.assertEqual(self.texts([[0xC3, 97, 0xFF, 0xE6, 0x97]], *self.OPTIONS), ["\ufffda\ufffd\ufffd"])

    def test_special_tokens_of_bytes(self):
        self.assertEqual(self.ids(["a<|endoftext|>"], *self.OPTIONS, "--allow-special"), [[97, 256]])
        self.assertEqual(self.texts([[97, 256]], *self.OPTIONS), ["a<|endoftext|>"])

    def test_a_bad_line_is_named_and_what_is_before_it_printed(self):
        for line, message in [("x", "no JSON at byte 1 of the line"), ('{"text": 1}', "expected `text`, a string"),
                              ('{"id": 1}', "expected `text`, a string"), ("[]", "expected a JSON object"),
                              ('{"text": true}', "expected `text`, a string"), ('{"text": null}', "expected `text`, a string"),
                              ('{"text": "", "id": null}', "expected `id`, a string or number"),
                              ('{"text": "", "id": true}', "expected `id`, a string or number"),
                              ('{"text": "", "id": ' + "[" * 100_000 + "]" * 100_000 + "}", "expected `id`, a string or number"),
                              ('{"text": "\\ud800"}', "no JSON at byte 17 of the line")]:
            done = self.fails(4, "stdin: line 3, offset 16: " + message, ['{"text": "ab"}', "", line, "y"], *self.OPTIONS)
            self.assertEqual(done.stdout, b'{"ids":[97,98]}\n')
        for line, message in [('{"ids": [257]}', "no token has id 257"), ('{"ids": [-1]}', "expected token ids; found -1"),
                              ('{"ids": [4294967296]}', "no token has id 4294967296"), ('{"ids": 7}', "expected `ids`, an array")]:
            self.fails(4, "stdin: line 1, offset 0: " + message, [line], *self.OPTIONS, "--decode")


if __name__ == "__main__":
    unittest.main()
