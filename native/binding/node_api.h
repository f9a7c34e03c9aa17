// node-addon-api, the same everywhere. In an environment that is being torn down nothing can be thrown any
// more: there, a failed throw is dropped instead of aborting the process of everybody else.
#pragma once

#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
