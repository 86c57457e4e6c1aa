// The JavaScript class over Capture: `new Capture()`, then open, drain, pending, send, sent, stats, troubles, close.
#pragma once
#include <node_api.h>

// Puts the class on `exports`. Runs on the thread of the loading environment.
void register_capture(napi_env env, napi_value exports);
