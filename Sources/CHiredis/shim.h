// What Swift cannot import of the library, as small inline functions; nothing more.
#pragma once
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
