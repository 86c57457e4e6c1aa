// What the world does to a capture: a code of src/errors.ts and a sentence.
#pragma once
#include <string>

struct Trouble {
  std::string code;
  std::string message;
};
