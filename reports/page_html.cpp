// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The few HTML forms that the page is made of.
#include "reports/page_html.h"

#include <fmt/format.h>

#include <cctype>

namespace mxscope::reports {
namespace {

/// A hyphen-minus before a number as a minus sign.
std::string with_minus(std::string text) {
  if (text.starts_with('-')) text.replace(0, 1, "−");
  return text;
}

const char* class_of(Align align) {
  switch (align) {
    case Align::kRight:
      return " class=\"r\"";
    case Align::kText:
      return " class=\"text\"";
    default:
      return "";
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string exact_html(const spec::Rational& value) {
  const std::string text = spec::to_text(value);
  if (text.size() <= 8 && text.find('*') == std::string::npos) return with_minus(text);
  if (!spec::is_dyadic(value)) return with_minus(text);
  const spec::Integer num = boost::multiprecision::numerator(value);
  const spec::Integer den = boost::multiprecision::denominator(value);
  const spec::Dyadic dyadic(num, -static_cast<std::int64_t>(boost::multiprecision::msb(den)));
  const std::string power =
      fmt::format("2<sup>{}</sup>", with_minus(std::to_string(dyadic.exponent)));
  if (dyadic.significand == 1) return power;
  if (dyadic.significand == -1) return "−" + power;
  const spec::Integer size = abs(dyadic.significand) + 1;
  const auto bits = boost::multiprecision::msb(size);
  // (2 - 2^-k) 2^e is how people write the largest value of a wide format.
  if (dyadic.significand > 0 && bits > 12 && boost::multiprecision::lsb(size) == bits)
    return fmt::format(
        "(2 − 2<sup>−{}</sup>)·2<sup>{}</sup>", bits - 1,
        with_minus(std::to_string(dyadic.exponent + static_cast<std::int64_t>(bits) - 1)));
  return with_minus(dyadic.significand.str()) + "·" + power;
}

std::string prose_html(std::string_view text) {
  const std::string plain = escaped(text);
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::size_t start = i + 1;
    const bool negative = start < plain.size() && plain[start] == '-';
    if (negative) ++start;
    std::size_t end = start;
    if (start < plain.size() && plain[start] == '(') {
      const std::size_t close = plain.find(')', start);
      end = close == std::string::npos ? start : close + 1;
    } else {
      const auto is_digit = [&](std::size_t k) {
        return k < plain.size() && std::isdigit(static_cast<unsigned char>(plain[k])) != 0;
      };
      // "2^-14.72" but not the full stop of "2^32."
      while (end < plain.size() && (std::isalnum(static_cast<unsigned char>(plain[end])) != 0 ||
                                    (plain[end] == '.' && is_digit(end - 1) && is_digit(end + 1))))
        ++end;
    }
    if (plain[i] != '^' || end == start) {
      out += plain[i];
      continue;
    }
    std::string exponent = plain.substr(start, end - start);
    // Raised text needs no parentheses, unless a sign stands before them.
    if (exponent.front() == '(' && !negative) exponent = exponent.substr(1, exponent.size() - 2);
    out += fmt::format("<sup>{}{}</sup>", negative ? "−" : "", exponent);
    i = end - 1;
  }
  return out;
}

std::string with_separators(std::string digits) {
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

std::string with_separators(std::uint64_t number) {
  return with_separators(std::to_string(number));
}

std::string number_key(const spec::Rational& value) { return spec::to_approximate_text(value, 17); }

std::string HtmlTable::html() const {
  std::string out = "<div class=\"wide\"><table class=\"sortable\"><thead><tr>";
  for (const HtmlColumn& c : columns_)
    out += fmt::format("<th{}>{}</th>", class_of(c.align), c.title);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows_) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out +=
          fmt::format("<td{}{}>{}</td>", class_of(columns_.at(i).align),
                      row[i].key.empty() ? "" : fmt::format(" data-k=\"{}\"", escaped(row[i].key)),
                      row[i].html);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string badge(std::string_view word) {
  return fmt::format("<span class=\"badge {0}\">{0}</span>", word);
}

std::string folded(std::string_view summary_html, std::string_view body_html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", summary_html, body_html);
}

}  // namespace mxscope::reports
