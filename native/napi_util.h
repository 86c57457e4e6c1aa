// Small helpers over Node-API. All of them run on the thread of the environment they are given.
#pragma once
#include <node_api.h>

#include <string>

// Throws a JavaScript Error whose `code` is one of src/errors.ts's codes.
inline void throw_coded(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
}

inline napi_value make_undefined(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

inline napi_value make_string(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

inline napi_value make_number(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

inline void set_number(napi_env env, napi_value object, const char* name, double number) {
  napi_set_named_property(env, object, name, make_number(env, number));
}

inline void set_string(napi_env env, napi_value object, const char* name, const std::string& text) {
  napi_set_named_property(env, object, name, make_string(env, text));
}

// The text of a JavaScript string; false for any other value.
inline bool get_string(napi_env env, napi_value value, std::string* text) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return false;
  text->resize(length + 1);
  if (napi_get_value_string_utf8(env, value, &(*text)[0], length + 1, &length) != napi_ok) return false;
  text->resize(length);
  return true;
}

inline bool get_string_property(napi_env env, napi_value object, const char* name, std::string* text) {
  napi_value value = nullptr;
  return napi_get_named_property(env, object, name, &value) == napi_ok && get_string(env, value, text);
}

// A whole number from `low` to `high`; false for anything else.
inline bool get_integer(napi_env env, napi_value value, int64_t low, int64_t high, int64_t* number) {
  double given = 0;
  if (napi_get_value_double(env, value, &given) != napi_ok) return false;
  if (!(given >= static_cast<double>(low) && given <= static_cast<double>(high))) return false;
  *number = static_cast<int64_t>(given);
  return static_cast<double>(*number) == given;
}

inline bool get_integer_property(napi_env env, napi_value object, const char* name, int64_t low, int64_t high,
                                 int64_t* number) {
  napi_value value = nullptr;
  return napi_get_named_property(env, object, name, &value) == napi_ok &&
         get_integer(env, value, low, high, number);
}
