/* The first include of every library source: system headers, the base layer, and last the banned functions. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_INTERNAL_H
#define PV_INTERNAL_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "provar.h"

#include "base/limits.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/error.h"
#include "base/buf.h"

#include "base/banned.h"

#endif
