// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which matrix instruction exists on which target of PTX: what ptxas 13.0.88 assembles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/mma_unit.h"

namespace mxscope::sim {

/// The assembler that the table was made with.
inline constexpr std::string_view kPtxas = "13.0.88";

/// Targets in the order of their architectures: "sm_75", ..., "sm_121f". "sm_90a" has what is
/// sm_90's alone, "sm_100f" what its family shares. ptxas 13.0 knows none before sm_75.
const std::vector<std::string>& ptx_targets();

/// Instructions that are assembled for the same targets; {x,y} stands for either.
struct PtxForm {
  std::string_view instruction;
  std::string_view targets;  ///< blanks between
};

/// The table. An instruction of several rows is assembled for the targets of each.
const std::vector<PtxForm>& ptx_forms();

/// An instruction of the table without alternatives: all that a form stands for.
std::vector<std::string> spelled(std::string_view form);

/// Where an instruction is assembled, in the order of ptx_targets(); empty for none.
std::vector<std::string> assembled_for(std::string_view instruction);

/// The unit's instruction in full, with the chosen formats; "" for devices that are not NVIDIA's.
std::string ptx_instruction(const Mma& mma);

/// The targets of the unit's own device generation that have the instruction: sm_120a and its kin
/// for units of RTX Blackwell, though an older one's mma.sync is assembled there too, and computes
/// as RTX Blackwell does. sm_70, which no ptxas 13 assembles for, is Volta's by its documentation.
std::vector<std::string> targets_of(const Mma& mma);

/// Whether the unit has any choice of formats that the target has; throws Error with the near names
/// for a target that is not known.
bool exists_on(const MmaUnit& unit, std::string_view target);

/// Throw Error, which names the units that exist there, unless the target has the unit, with these
/// formats.
void require_unit(const MmaUnit& unit, std::string_view target);
void require_target(const Mma& mma, std::string_view target);

}  // namespace mxscope::sim
