// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A peer that Python calls in this process.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "bench/ratio.h"

namespace mxscope::bench {

/// A Python callable without arguments over a float32 array.
class PythonCall {
 public:
  /// `setup` finds the array in `data` (a memoryview) and `name`, and defines `call`, and `codes`
  /// (a contiguous buffer of what the call gives). `data` must outlive this.
  PythonCall(const char* setup, std::span<const float> data, const char* name) {
    static const bool started = [] {
      Py_InitializeEx(0);
      return true;
    }();
    static_cast<void>(started);
    globals_ = PyDict_New();
    PyDict_SetItemString(globals_, "__builtins__", PyEval_GetBuiltins());
    data_ = PyMemoryView_FromMemory(const_cast<char*>(reinterpret_cast<const char*>(data.data())),
                                    static_cast<Py_ssize_t>(data.size_bytes()), PyBUF_READ);
    PyDict_SetItemString(globals_, "data", data_);
    PyObject* text = PyUnicode_FromString(name);
    PyDict_SetItemString(globals_, "name", text);
    Py_DECREF(text);
    PyObject* result = PyRun_String(setup, Py_file_input, globals_, globals_);
    if (result == nullptr) {
      PyErr_Clear();
      return;
    }
    Py_DECREF(result);
    call_ = PyDict_GetItemString(globals_, "call");
  }
  PythonCall(const PythonCall&) = delete;
  PythonCall& operator=(const PythonCall&) = delete;
  ~PythonCall() {
    Py_XDECREF(globals_);
    Py_XDECREF(data_);
  }

  /// Whether `setup` ran: the packages it imports are there.
  bool available() const { return call_ != nullptr; }
  void operator()() const { Py_XDECREF(PyObject_CallNoArgs(call_)); }

  /// Seconds of a call: the median of 1000.
  double overhead() const {
    std::vector<double> calls;
    for (int i = 0; i < 1000; ++i) calls.push_back(seconds(*this));
    return median(calls);
  }

  std::vector<std::uint8_t> codes() const {
    Py_buffer view;
    if (PyObject_GetBuffer(PyDict_GetItemString(globals_, "codes"), &view, PyBUF_SIMPLE) != 0) {
      PyErr_Clear();
      return {};
    }
    const auto* bytes = static_cast<const std::uint8_t*>(view.buf);
    std::vector<std::uint8_t> out(bytes, bytes + view.len);
    PyBuffer_Release(&view);
    return out;
  }

 private:
  PyObject* globals_ = nullptr;
  PyObject* data_ = nullptr;
  PyObject* call_ = nullptr;
};

}  // namespace mxscope::bench
