// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mxscope::reports {

/// Where Chromium is. Throws Error that says what to install.
std::string find_browser();

/// The page as Chromium prints it. Links to files beside the page are dropped, because a PDF
/// travels alone. Throws Error with what the browser said, and Interrupted.
std::string printed_page(std::string_view html, const std::string& browser);

}  // namespace mxscope::reports
