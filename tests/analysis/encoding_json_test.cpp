// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Encodings survive JSON, and what is no encoding is refused.
#include "analysis/encoding_json.h"

#include <gtest/gtest.h>

#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::analysis {
namespace {

TEST(EncodingJson, EveryFormatsValuesComeBack) {
  for (const spec::Format& format : spec::builtin_formats()) {
    spec::Format back;
    back.name = format.name;
    back.storage_bits = format.storage_bits;
    back.storage_shift = format.storage_shift;
    read_encoding(encoding_json(format), back);
    EXPECT_NO_THROW(spec::validate(back));
    EXPECT_EQ(encoding_json(back), encoding_json(format));
    if (format.bits > 8) continue;
    for (spec::Code code = 0; code <= format.code_mask(); ++code) {
      ASSERT_EQ(back.classify(code), format.classify(code)) << format.name << " " << code;
      if (format.classify(code) == spec::CodeClass::kUnused) continue;
      ASSERT_EQ(spec::to_text(decode(back, code)), spec::to_text(decode(format, code)))
          << format.name << " " << code;
    }
  }
}

TEST(EncodingJson, RefusesWhatIsMissingOrUnknown) {
  const nlohmann::json good = encoding_json(spec::find_format("e2m1"));
  spec::Format format;
  nlohmann::json bad = good;
  bad.erase("high_nans");
  EXPECT_THROW(read_encoding(bad, format), nlohmann::json::exception);
  bad = good;
  bad["kind"] = "decimal";
  EXPECT_THROW(read_encoding(bad, format), Error);
  bad = good;
  bad["bias"] = (std::int64_t{1} << 32) + 1;
  EXPECT_THROW(read_encoding(bad, format), Error);
  bad["bias"] = 1.5;
  EXPECT_THROW(read_encoding(bad, format), Error);
  EXPECT_NO_THROW(read_encoding(good, format));
}

}  // namespace
}  // namespace mxscope::analysis
