// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every row has the limits, counts and special codes that its document states.
#include "spec/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "spec/error.h"
#include "spec/number.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

using testing::HasSubstr;

template <typename Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "(no error)";
}

/// What a document says about a format, copied from it by hand; "" where it has none.
struct Cited {
  const char* name;
  const char* max;
  const char* min_normal;
  const char* min_subnormal;
  std::int64_t finite_codes;
  std::int64_t finite_values;
  std::vector<Code> infinities;
  std::vector<Code> first_and_last_nans;  ///< of each run of NaN codes
};

void PrintTo(const Cited& cited, std::ostream* out) { *out << cited.name; }

class CitedFigures : public testing::TestWithParam<Cited> {};

const Cited kCited[] = {
    // OCP Microscaling Formats v1.0, tables 3 to 7; OCP OFP8 v1.0, tables 1 and 2.
    {"e2m1", "6", "1", "0.5", 16, 15, {}, {}},
    {"e2m3", "7.5", "1", "0.125", 64, 63, {}, {}},
    {"e3m2", "28", "0.25", "0.0625", 64, 63, {}, {}},
    {"e4m3", "448", "0x1p-6", "0x1p-9", 254, 253, {}, {0x7F, 0x7F, 0xFF, 0xFF}},
    {"e5m2", "57344", "0x1p-14", "0x1p-16", 248, 247, {0x7C, 0xFC}, {0x7D, 0x7F, 0xFD, 0xFF}},
    {"mxint8", "127/64", "", "1/64", 256, 256, {}, {}},
    {"e8m0", "0x1p127", "0x1p-127", "", 255, 255, {}, {0xFF, 0xFF}},
    // PTX ISA 9.0: seven bits.
    {"ue4m3", "448", "0x1p-6", "0x1p-9", 127, 127, {}, {0x7F, 0x7F}},
    // Our choice of bias 15 and one NaN.
    {"ue5m3", "114688", "0x1p-14", "0x1p-17", 255, 255, {}, {0xFF, 0xFF}},
    // FNUZ: one NaN at the code of negative zero.
    {"e4m3fnuz", "240", "0x1p-7", "0x1p-10", 255, 255, {}, {0x80, 0x80}},
    {"e5m2fnuz", "57344", "0x1p-15", "0x1p-17", 255, 255, {}, {0x80, 0x80}},
    {"e4m3b11fnuz", "30", "0x1p-10", "0x1p-13", 255, 255, {}, {0x80, 0x80}},
    // IEEE-style.
    {"e4m3ieee", "240", "0x1p-6", "0x1p-9", 240, 239, {0x78, 0xF8}, {0x79, 0x7F, 0xF9, 0xFF}},
    {"e3m4ieee", "15.5", "0.25", "0x1p-6", 224, 223, {0x70, 0xF0}, {0x71, 0x7F, 0xF1, 0xFF}},
    // HiF4: S1P2 elements +-{0, 0.25, ..., 1.75}; an E6M2 scale from 2^-48 to 1.5 * 2^15.
    {"s1p2", "1.75", "1", "0.25", 16, 15, {}, {}},
    {"e6m2", "0x1.8p15", "0x1p-48", "", 255, 255, {}, {0xFF, 0xFF}},
    {"int4", "7", "", "1", 15, 15, {}, {}},
    {"int8", "127", "", "1", 255, 255, {}, {}},
    {"bf16",
     "0x1.fep127",
     "0x1p-126",
     "0x1p-133",
     65280,
     65279,
     {0x7F80, 0xFF80},
     {0x7F81, 0x7FFF, 0xFF81, 0xFFFF}},
    {"fp16",
     "65504",
     "0x1p-14",
     "0x1p-24",
     63488,
     63487,
     {0x7C00, 0xFC00},
     {0x7C01, 0x7FFF, 0xFC01, 0xFFFF}},
    // 19 significant bits: (2 - 2^-10) 2^127.
    {"tf32",
     "0x1.ffcp127",
     "0x1p-126",
     "0x1p-136",
     522240,
     522239,
     {0x3FC00, 0x7FC00},
     {0x3FC01, 0x3FFFF, 0x7FC01, 0x7FFFF}},
    // IEEE P3109: no negative zero, the NaN in its place or at the top; "e" has infinities.
    {"p3109_k8p3se", "49152", "0x1p-15", "0x1p-17", 253, 253, {0x7F, 0xFF}, {0x80, 0x80}},
    {"p3109_k8p3sf", "57344", "0x1p-15", "0x1p-17", 255, 255, {}, {0x80, 0x80}},
    {"p3109_k8p4se", "224", "0x1p-7", "0x1p-10", 253, 253, {0x7F, 0xFF}, {0x80, 0x80}},
    {"p3109_k8p4sf", "240", "0x1p-7", "0x1p-10", 255, 255, {}, {0x80, 0x80}},
    {"p3109_k8p1se", "0x1p62", "0x1p-63", "", 253, 253, {0x7F, 0xFF}, {0x80, 0x80}},
    {"p3109_k8p1ue", "0x1p125", "0x1p-127", "", 254, 254, {0xFE}, {0xFF, 0xFF}},
    {"p3109_k4p2sf", "3", "0.5", "0.25", 15, 15, {}, {0x8, 0x8}},
    {"p3109_k6p3sf", "14", "0.125", "0x1p-5", 63, 63, {}, {0x20, 0x20}},
    {"p3109_k6p4sf", "3.75", "0.5", "0x1p-4", 63, 63, {}, {0x20, 0x20}},
};

Rational read(const char* text) { return parse_number(text).value(); }

TEST_P(CitedFigures, LimitsAreExact) {
  const Cited& cited = GetParam();
  const Format& f = find_format(cited.name);
  EXPECT_EQ(f.max_value(), read(cited.max)) << to_text(f.max_value());
  if (*cited.min_normal == '\0') {
    EXPECT_FALSE(f.min_normal().has_value());
  } else {
    EXPECT_EQ(f.min_normal().value(), read(cited.min_normal)) << to_text(*f.min_normal());
  }
  const char* const least = *cited.min_subnormal == '\0' ? cited.min_normal : cited.min_subnormal;
  EXPECT_EQ(f.min_positive(), read(least)) << to_text(f.min_positive());
  EXPECT_LE(power_of_two(f.emax()), f.max_value());
  EXPECT_GT(power_of_two(f.emax() + 1), f.max_value());
}

TEST_P(CitedFigures, CodesAreCountedAndClassified) {
  const Cited& cited = GetParam();
  const Format& f = find_format(cited.name);
  std::int64_t finite = 0;
  std::set<Rational> values;
  std::vector<Code> infinities;
  std::vector<Code> nans;
  for (Code code = 0; code <= f.code_mask(); ++code) {
    switch (f.classify(code)) {
      case CodeClass::kInfinity:
        infinities.push_back(code);
        EXPECT_EQ(f.infinity_code(f.is_negative(code)), code);
        break;
      case CodeClass::kNan:
        if (nans.empty() || nans.back() + 1 != code)
          nans.insert(nans.end(), {code, code});
        else
          nans.back() = code;
        break;
      case CodeClass::kUnused:
        break;
      default:
        ++finite;
        const Rational value = decode(f, code).value();
        values.insert(value);
        ASSERT_EQ(f.encode(f.is_negative(code), f.ordinal(code)), code);
        ASSERT_LE(value, f.max_value());
        ASSERT_GE(value, f.min_value());
    }
  }
  EXPECT_EQ(finite, cited.finite_codes);
  EXPECT_EQ(static_cast<std::int64_t>(values.size()), cited.finite_values);
  EXPECT_EQ(infinities, cited.infinities);
  EXPECT_EQ(nans, cited.first_and_last_nans);
  EXPECT_EQ(f.has_nan(), !nans.empty());
}

INSTANTIATE_TEST_SUITE_P(Documents, CitedFigures, testing::ValuesIn(kCited),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(CitedFigures, CoverEveryBuiltinRowOfAtMost19Bits) {
  for (const Format& f : builtin_formats()) {
    const bool cited = std::any_of(std::begin(kCited), std::end(kCited),
                                   [&](const Cited& c) { return f.name == c.name; });
    EXPECT_TRUE(cited || f.bits > 19) << f.name;
  }
}

TEST(BuiltinFormats, Binary32AndBinary64HaveTheirLimits) {
  const Format& fp32 = find_format("fp32");
  EXPECT_EQ(fp32.max_value(), read("0x1.fffffep127"));
  EXPECT_EQ(fp32.min_positive(), read("0x1p-149"));
  EXPECT_EQ(*fp32.min_normal(), read("0x1p-126"));
  EXPECT_EQ(fp32.infinity_code(true), 0xFF800000U);
  EXPECT_EQ(fp32.quiet_nan_code(false), 0x7FC00000U);
  EXPECT_EQ(fp32.max_ordinal(), (std::int64_t{1} << 31) - (1 << 23) - 1);
  const Format& fp64 = find_format("fp64");
  EXPECT_EQ(fp64.max_value(), read("0x1.fffffffffffffp1023"));
  EXPECT_EQ(fp64.min_positive(), read("0x1p-1074"));
  EXPECT_EQ(fp64.infinity_code(false), 0x7FF0000000000000U);
  EXPECT_EQ(decode(fp64, 0x3FB999999999999AU).value() - read("0.1"),
            read("0x1.999999999999ap-4") - read("1/10"));
}

TEST(BuiltinFormats, AreValidNamedOnceAndSourced) {
  std::set<std::string> names;
  for (const Format& f : builtin_formats()) {
    EXPECT_NO_THROW(validate(f)) << f.name;
    EXPECT_FALSE(f.source.empty()) << f.name;
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    for (const std::string& alias : f.aliases) {
      EXPECT_TRUE(names.insert(alias).second) << alias;
      EXPECT_EQ(find_format(alias).name, f.name);
    }
  }
}

TEST(BuiltinFormats, AnswerToTheNamesOfMlDtypesAndPyTorch) {
  for (const auto& [alias, name] : {std::pair{"float8_e4m3fn", "e4m3"},
                                    {"float8_e5m2", "e5m2"},
                                    {"float8_e4m3fnuz", "e4m3fnuz"},
                                    {"float8_e5m2fnuz", "e5m2fnuz"},
                                    {"float8_e4m3b11fnuz", "e4m3b11fnuz"},
                                    {"float8_e4m3", "e4m3ieee"},
                                    {"float8_e3m4", "e3m4ieee"},
                                    {"float8_e8m0fnu", "e8m0"},
                                    {"float6_e2m3fn", "e2m3"},
                                    {"float6_e3m2fn", "e3m2"},
                                    {"float4_e2m1fn", "e2m1"},
                                    {"float4_e2m1fn_x2", "e2m1"},
                                    {"bfloat16", "bf16"},
                                    {"float16", "fp16"},
                                    {"float32", "fp32"},
                                    {"float64", "fp64"}})
    EXPECT_EQ(find_format(alias).name, name);
}

TEST(FindFormat, ListsNearNames) {
  EXPECT_THAT(error_of([] { find_format("e4m33"); }), HasSubstr("e4m3"));
  EXPECT_THAT(error_of([] { find_format("E4M3"); }), HasSubstr("e4m3"));
  EXPECT_THAT(error_of([] { find_format("bfloat61"); }), HasSubstr("bfloat16"));
  EXPECT_THAT(error_of([] { find_format(""); }), HasSubstr("unknown format ''"));
  EXPECT_THAT(error_of([] { find_format("p3109_k8p3"); }), HasSubstr("p3109_k8p3se"));
}

TEST(P3109, EveryWidthAndPrecisionIsValidAndFoundByName) {
  const std::vector<Format> rows = p3109_formats(3, 15);
  // Width k: k - 1 signed and k unsigned precisions, each extended and finite; summed over 3..15.
  EXPECT_EQ(rows.size(), 442U);
  std::set<std::string> names;
  for (const Format& f : rows) {
    EXPECT_NO_THROW(validate(f)) << f.name;
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_EQ(find_format(f.name).bits, f.bits);
    EXPECT_EQ(find_format(f.name).mantissa_bits, f.mantissa_bits);
    // One is in every format, half way up the magnitudes: the bias centres the exponents.
    const Code one = Code{1} << (f.magnitude_bits() - 1);
    EXPECT_EQ(decode(f, one).value(), 1) << f.name;
    std::int64_t nans = 0;
    std::int64_t infinities = 0;
    for (Code code = 0; code <= f.code_mask(); ++code) {
      nans += f.classify(code) == CodeClass::kNan ? 1 : 0;
      infinities += f.classify(code) == CodeClass::kInfinity ? 1 : 0;
    }
    EXPECT_EQ(nans, 1) << f.name;
    EXPECT_EQ(infinities, !f.infinities ? 0 : f.is_signed ? 2 : 1) << f.name;
  }
}

TEST(P3109, RefusesWidthsAndPrecisionsItDoesNotDefine) {
  EXPECT_THROW(p3109_format(2, 1, true, true), Error);
  EXPECT_THROW(p3109_format(16, 3, true, true), Error);
  EXPECT_THROW(p3109_format(8, 8, true, true), Error);
  EXPECT_NO_THROW(p3109_format(8, 8, false, true));
  EXPECT_THROW(p3109_format(8, 0, false, true), Error);
  EXPECT_THAT(error_of([] { find_format("p3109_k8p8sf"); }), HasSubstr("precision"));
  for (const char* name : {"p3109_k8p3", "p3109_k8p3xe", "p3109_k8p3se ", "p3109_kp3se",
                           "p3109_k8pse", "p3109_k8", "p3109_k8p3sf2"})
    EXPECT_THAT(error_of([&] { find_format(name); }), HasSubstr("unknown format")) << name;
}

Format valid_row() {
  return {.name = "mine",
          .bits = 8,
          .exponent_bits = 4,
          .mantissa_bits = 3,
          .bias = 7,
          .storage_bits = 8};
}

TEST(Validate, NamesTheContradictoryField) {
  const auto field_of = [](const auto& change) {
    Format f = valid_row();
    change(f);
    return error_of([&] { validate(f); });
  };
  EXPECT_EQ(field_of([](Format&) {}), "(no error)");
  EXPECT_THAT(field_of([](Format& f) { f.name = ""; }), HasSubstr("name"));
  EXPECT_THAT(field_of([](Format& f) { f.bits = 1; }), HasSubstr("field bits"));
  EXPECT_THAT(field_of([](Format& f) { f.bits = 65; }), HasSubstr("field bits"));
  EXPECT_THAT(field_of([](Format& f) { f.bits = 7; }), HasSubstr("field bits"));
  EXPECT_THAT(field_of([](Format& f) { f.mantissa_bits = -1; }), HasSubstr("field mantissa_bits"));
  EXPECT_THAT(field_of([](Format& f) { f.mantissa_bits = 2147483647; }),
              HasSubstr("field mantissa_bits"));
  EXPECT_THAT(field_of([](Format& f) { f.exponent_bits = 0; }), HasSubstr("field exponent_bits"));
  EXPECT_THAT(field_of([](Format& f) { f.exponent_bits = 17; }), HasSubstr("field exponent_bits"));
  EXPECT_THAT(field_of([](Format& f) { f.bias = 1 << 21; }), HasSubstr("field bias"));
  EXPECT_THAT(field_of([](Format& f) { f.storage_bits = 12; }), HasSubstr("field storage_bits"));
  EXPECT_THAT(field_of([](Format& f) { f.storage_shift = 1; }), HasSubstr("field storage_shift"));
  EXPECT_THAT(field_of([](Format& f) { f.storage_shift = 2147483647; }),
              HasSubstr("field storage_shift"));
  EXPECT_THAT(field_of([](Format& f) { f.storage_shift = -1; }), HasSubstr("field storage_shift"));
  EXPECT_THAT(field_of([](Format& f) { f.zero = false; }), HasSubstr("field zero"));
  EXPECT_THAT(field_of([](Format& f) { f.symmetric = true; }), HasSubstr("field symmetric"));
  EXPECT_THAT(field_of([](Format& f) { f.high_nans = -1; }), HasSubstr("field high_nans"));
  EXPECT_THAT(field_of([](Format& f) { f.high_nans = 127; }), HasSubstr("field high_nans"));
  EXPECT_EQ(field_of([](Format& f) { f.high_nans = 126; }), "(no error)");
  Format widest = {.name = "widest", .bits = 64, .exponent_bits = 1, .mantissa_bits = 62};
  widest.storage_bits = 64;
  widest.high_nans = 2;
  EXPECT_THROW(validate(widest), Error);
  widest.high_nans = 3;
  EXPECT_NO_THROW(validate(widest));
  EXPECT_THAT(field_of([](Format& f) {
                f.infinities = true;
                f.high_nans = 126;
              }),
              HasSubstr("field high_nans"));
  EXPECT_THAT(field_of([](Format& f) {
                f.is_signed = false;
                f.mantissa_bits = 4;
                f.zero = false;
              }),
              HasSubstr("subnormals"));
}

TEST(Validate, FixedPointHasNoFloatFields) {
  const auto problem = [](const auto& change) {
    Format f = {.name = "mine",
                .kind = FormatKind::kFixed,
                .bits = 8,
                .mantissa_bits = 3,
                .storage_bits = 8};
    change(f);
    return error_of([&] { validate(f); });
  };
  EXPECT_EQ(problem([](Format&) {}), "(no error)");
  EXPECT_THAT(problem([](Format& f) { f.is_signed = false; }), HasSubstr("field signed"));
  EXPECT_THAT(problem([](Format& f) { f.exponent_bits = 2; }), HasSubstr("field kind"));
  EXPECT_THAT(problem([](Format& f) { f.infinities = true; }), HasSubstr("field kind"));
  EXPECT_THAT(problem([](Format& f) { f.high_nans = 1; }), HasSubstr("field kind"));
  EXPECT_THAT(problem([](Format& f) { f.zero = false; }), HasSubstr("field zero"));
  EXPECT_THAT(problem([](Format& f) { f.subnormals = false; }), HasSubstr("subnormals"));
  EXPECT_THAT(problem([](Format& f) { f.bias = 3; }), HasSubstr("field bias"));
  EXPECT_THAT(problem([](Format& f) { f.mantissa_bits = 2000; }), HasSubstr("field mantissa_bits"));
  EXPECT_THAT(problem([](Format& f) {
                f.bits = 33;
                f.storage_bits = 64;
              }),
              HasSubstr("field bits"));
}

TEST(FormatTable, FindsUserRowsBesideTheOthers) {
  FormatTable table;
  Format row = valid_row();
  row.aliases = {"other"};
  table.add(row);
  EXPECT_EQ(table.find("mine").name, "mine");
  EXPECT_EQ(table.find("other").name, "mine");
  EXPECT_EQ(table.find("e4m3").name, "e4m3");
  EXPECT_EQ(table.find("p3109_k5p2sf").bits, 5);
  EXPECT_EQ(table.rows().size(), builtin_formats().size() + 1);
  EXPECT_THAT(error_of([&] { table.find("mien"); }), HasSubstr("mine"));
}

TEST(FormatTable, RefusesTakenNames) {
  FormatTable table;
  Format row = valid_row();
  row.name = "e4m3";
  EXPECT_THAT(error_of([&] { table.add(row); }), HasSubstr("already belongs to e4m3"));
  row = valid_row();
  row.aliases = {"float8_e5m2"};
  EXPECT_THAT(error_of([&] { table.add(row); }), HasSubstr("already belongs to e5m2"));
  row = valid_row();
  row.name = "p3109_k8p3se";
  EXPECT_THAT(error_of([&] { table.add(row); }), HasSubstr("p3109_k8p3se"));
  table.add(valid_row());
  EXPECT_THAT(error_of([&] { table.add(valid_row()); }), HasSubstr("already belongs to mine"));
}

}  // namespace
}  // namespace mxscope::spec
