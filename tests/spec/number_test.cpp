// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Numbers are read exactly, from any text form and from MPFR, or refused with a reason.
#include "spec/number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::spec {
namespace {

using testing::HasSubstr;

Rational ratio(const char* numerator, const char* denominator) {
  return Rational(Integer(numerator), Integer(denominator));
}

Rational read(std::string_view text) {
  const Number number = parse_number(text);
  EXPECT_EQ(number.kind, NumberKind::kFinite) << text;
  return number.value();
}

std::string refusal(std::string_view text) {
  try {
    const Number number = parse_number(text);
    ADD_FAILURE() << "'" << text << "' was read as " << to_text(number);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(ParseNumber, ReadsDecimalsExactly) {
  EXPECT_EQ(read("0.1"), ratio("1", "10"));
  EXPECT_EQ(read("-0.1"), ratio("-1", "10"));
  EXPECT_EQ(read("+448"), 448);
  EXPECT_EQ(read(".5"), ratio("1", "2"));
  EXPECT_EQ(read("5."), 5);
  EXPECT_EQ(read("1.5e-2"), ratio("15", "1000"));
  EXPECT_EQ(read("1.5E+2"), 150);
  EXPECT_EQ(read("00012e1"), 120);
  EXPECT_EQ(read("  7\t\n"), 7);
}

TEST(ParseNumber, NeverPassesThroughADouble) {
  EXPECT_EQ(read("1e-400"), 1 / read("1e400"));
  EXPECT_GT(read("1e-400"), 0);
  // One part in 10^40 above one: a double would drop it.
  EXPECT_EQ(read("1.0000000000000000000000000000000000000001") - 1, 1 / read("1e40"));
  EXPECT_EQ(read("9007199254740993"), Rational(Integer("9007199254740993"), 1));
  // Half of the least positive binary64, where a double ties to zero.
  EXPECT_EQ(read("1*2^-1075") * 2, power_of_two(-1074));
  EXPECT_EQ(read("0x1p-1075") + read("0x1p-1075"), power_of_two(-1074));
}

TEST(ParseNumber, ReadsHexFloats) {
  EXPECT_EQ(read("0x1.8p-3"), ratio("3", "16"));
  EXPECT_EQ(read("-0X1.FFFFFEP+127"), -(power_of_two(128) - power_of_two(104)));
  EXPECT_EQ(read("0xff"), 255);
  EXPECT_EQ(read("0x.8"), ratio("1", "2"));
  EXPECT_EQ(read("0x0010p0"), 16);
}

TEST(ParseNumber, ReadsFractionsAndScaledPowers) {
  EXPECT_EQ(read("1/3"), ratio("1", "3"));
  EXPECT_EQ(read("-22/7"), ratio("-22", "7"));
  EXPECT_EQ(read("0.5/0x1p-1"), 1);
  EXPECT_EQ(read("3*2^-149"), 3 * power_of_two(-149));
  EXPECT_EQ(read("-1.5*2^+4"), -24);
}

TEST(ParseNumber, LeadingZerosAreNotOctal) {
  EXPECT_EQ(read("010"), 10);
  EXPECT_EQ(read("08"), 8);
  EXPECT_EQ(read("0.010"), ratio("1", "100"));
  EXPECT_EQ(read("000"), 0);
}

TEST(ParseNumber, KeepsTheSignOfZero) {
  EXPECT_TRUE(parse_number("-0").negative);
  EXPECT_TRUE(parse_number("-0x0p0").negative);
  EXPECT_TRUE(parse_number("-0/5").is_zero());
  EXPECT_FALSE(parse_number("0").negative);
  EXPECT_EQ(parse_number("-0").magnitude, 0);
}

TEST(ParseNumber, ReadsSpecials) {
  EXPECT_EQ(parse_number("inf").kind, NumberKind::kInfinity);
  EXPECT_FALSE(parse_number("Infinity").negative);
  EXPECT_TRUE(parse_number("-INF").negative);
  EXPECT_EQ(parse_number("NaN").kind, NumberKind::kNan);
  EXPECT_TRUE(parse_number("-nan").negative);
  EXPECT_EQ(parse_number("nan").payload_bits, 0);
}

TEST(ParseNumber, RefusesWhatIsNotANumber) {
  for (const char* text :
       {"-",     "+",     "--1",   "+-1",  "abc",   ".",         "0x",   "0x.",    "1e",
        "1e+",   "1e+-5", "1e5.5", "1p5",  "0x1p",  "1/",        "/2",   "1/2/3",  "1//2",
        "1/-2",  "1 2",   "1,5",   "1*2^", "1*3^2", "1*2^2*2^2", "infx", "nan(3)", "0b1",
        "1_000", "1e5/",  "0x1g",  "1..2", "1.2.3", "e5",        "\xff"}) {
    EXPECT_THAT(refusal(text), HasSubstr("is not a number")) << text;
  }
  EXPECT_THAT(refusal(std::string_view("1\0002", 3)), HasSubstr("is not a number"));
}

TEST(ParseNumber, RefusalsSayWhy) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal(" \t"), HasSubstr("empty"));
  EXPECT_THAT(refusal("1/0"), HasSubstr("divides by zero"));
  EXPECT_THAT(refusal("1/0.000"), HasSubstr("divides by zero"));
  EXPECT_THAT(refusal("12abc"), HasSubstr("'abc' is left over"));
  EXPECT_THAT(refusal("0x"), HasSubstr("digits are missing"));
  EXPECT_THAT(refusal("1e"), HasSubstr("exponent needs decimal digits"));
}

TEST(ParseNumber, BoundsExponentsAndLength) {
  EXPECT_GT(read("1e100000"), power_of_two(332192));
  EXPECT_GT(read("1*2^-100000"), 0);
  for (const char* text : {"1e100001", "1e-100001", "0x1p100001", "1*2^100001",
                           "1e99999999999999999999999", "1e-9223372036854775808"})
    EXPECT_THAT(refusal(text), HasSubstr("beyond +-100000")) << text;
  EXPECT_EQ(read(std::string(100000, '0')), 0);
  EXPECT_THAT(refusal(std::string(100001, '0')), HasSubstr("longer than 100000"));
}

TEST(ParseNumber, QuotesOnlyTheStartOfALongText) {
  const std::string message = refusal(std::string(5000, 'x'));
  EXPECT_LT(message.size(), 300U);
  EXPECT_THAT(message, HasSubstr("..."));
}

TEST(NumberText, WritesSpecialsWithTheirSign) {
  EXPECT_EQ(to_text(Number::infinity(true)), "-inf");
  EXPECT_EQ(to_text(Number::infinity(false)), "inf");
  EXPECT_EQ(to_text(Number::nan(true)), "-nan");
  EXPECT_EQ(to_text(parse_number("-0")), "-0");
  EXPECT_EQ(to_text(parse_number("-0.50")), "-0.5");
}

class Mpfr {
 public:
  explicit Mpfr(mpfr_prec_t precision) { mpfr_init2(value_, precision); }
  ~Mpfr() { mpfr_clear(value_); }
  Mpfr(const Mpfr&) = delete;
  Mpfr& operator=(const Mpfr&) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

TEST(FromMpfr, IsExactAtAnyPrecision) {
  Mpfr x(5000);
  mpfr_set_ui_2exp(x.get(), 1, -4000, MPFR_RNDN);
  mpfr_add_ui(x.get(), x.get(), 1, MPFR_RNDN);
  EXPECT_EQ(from_mpfr(x.get()).value(), 1 + power_of_two(-4000));
  mpfr_neg(x.get(), x.get(), MPFR_RNDN);
  const Number number = from_mpfr(x.get());
  EXPECT_TRUE(number.negative);
  EXPECT_EQ(number.magnitude, 1 + power_of_two(-4000));
}

TEST(FromMpfr, KeepsSpecialsAndTheSignOfZero) {
  Mpfr x(24);
  mpfr_set_zero(x.get(), -1);
  EXPECT_TRUE(from_mpfr(x.get()).is_zero());
  EXPECT_TRUE(from_mpfr(x.get()).negative);
  mpfr_set_inf(x.get(), -1);
  EXPECT_EQ(from_mpfr(x.get()).kind, NumberKind::kInfinity);
  EXPECT_TRUE(from_mpfr(x.get()).negative);
  mpfr_set_nan(x.get());
  EXPECT_EQ(from_mpfr(x.get()).kind, NumberKind::kNan);
}

TEST(FromMpfr, RefusesExponentsThatWouldNeedUnboundedMemory) {
  Mpfr x(24);
  mpfr_set_ui_2exp(x.get(), 1, 1 << 20, MPFR_RNDN);
  EXPECT_THROW(from_mpfr(x.get()), Error);
  mpfr_set_ui_2exp(x.get(), 1, -(1 << 20), MPFR_RNDN);
  EXPECT_THROW(from_mpfr(x.get()), Error);
}

TEST(Decode, RefusesCodesWithMoreBitsThanTheFormat) {
  EXPECT_THROW(decode(find_format("e2m1"), 0x10), Error);
  EXPECT_THROW(decode(find_format("ue4m3"), 0x80), Error);
  EXPECT_NO_THROW(decode(find_format("fp64"), ~Code{0}));
}

TEST(Decode, GivesNansTheirPayload) {
  const Number nan = decode(find_format("bf16"), 0xFFC5);
  EXPECT_EQ(nan.kind, NumberKind::kNan);
  EXPECT_TRUE(nan.negative);
  EXPECT_EQ(nan.payload, 0x45U);
  EXPECT_EQ(nan.payload_bits, 7);
}

}  // namespace
}  // namespace mxscope::spec
