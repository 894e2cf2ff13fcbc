// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Runs the program as a user does and hands back what the user would see.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

extern char** environ;

namespace mxscope::reports {

/// A folder of one test, removed with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mxscope-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return (path_ / name).string(); }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      all.push_back(entry.path().filename().string());
    return all;
  }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What a command line gave.
struct Seen {
  int code = -1;  ///< exit code, or -signal
  std::string out, err;

  std::string last_line() const {
    const std::string text = out.substr(0, out.find_last_not_of('\n') + 1);
    return text.substr(text.rfind('\n') + 1);
  }
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// Starts the program; standard streams come from and go to the named files.
inline pid_t start(std::vector<std::string> arguments, const std::string& in,
                   const std::string& out, const std::string& err) {
  arguments.emplace_back(MXSCOPE_BINARY);
  std::rotate(arguments.begin(), arguments.end() - 1, arguments.end());
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = -1;
  EXPECT_EQ(0, ::posix_spawn(&pid, MXSCOPE_BINARY, &actions, nullptr, argv.data(), environ));
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

inline int wait_for(pid_t pid) {
  int status = 0;
  EXPECT_EQ(pid, ::waitpid(pid, &status, 0));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

inline Seen run(const std::vector<std::string>& arguments, const std::string& input = "") {
  const Folder folder;
  const std::string in = folder.write("in", input);
  const int code = wait_for(start(arguments, in, folder.path("out"), folder.path("err")));
  return {code, contents(folder.path("out")), contents(folder.path("err"))};
}

/// Runs a shell line in which $MXSCOPE is the program.
inline Seen shell(const std::string& line) {
  const Folder folder;
  ::setenv("MXSCOPE", MXSCOPE_BINARY, 1);
  const std::string command =
      "{ " + line + "\n} >" + folder.path("out") + " 2>" + folder.path("err");
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), contents(folder.path("out")),
          contents(folder.path("err"))};
}

/// Bad usage or input: exit code 2, nothing on standard output, one line that says `what`.
inline void expect_bad(const Seen& seen, const std::string& what) {
  EXPECT_EQ(seen.code, 2) << seen.err;
  EXPECT_EQ(seen.out, "");
  EXPECT_EQ(std::count(seen.err.begin(), seen.err.end(), '\n'), 1) << seen.err;
  EXPECT_EQ(seen.err.rfind("mxscope: ", 0), 0u) << seen.err;
  EXPECT_NE(seen.err.find(what), std::string::npos) << seen.err;
}

}  // namespace mxscope::reports
