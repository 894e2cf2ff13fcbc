// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Error against bits and error against time.
#pragma once

#include <vector>

#include "reports/figures.h"

namespace mxscope::reports {

/// "trade_off_bits" and "trade_off_time", with "trade_off_small" for the first page.
std::vector<Figure> trade_off_figures();

/// A row of "trade_off_time".
struct TradeOff {
  std::string device, scheme;
  double sqnr_db = 0;
  double us = 0;
};

/// The fastest on the device of those with at least so many decibels; null where there is none.
const TradeOff* fastest(const std::vector<TradeOff>& rows, const std::string& device,
                        double least_db);
std::vector<TradeOff> trade_offs(const Figure& time);

}  // namespace mxscope::reports
