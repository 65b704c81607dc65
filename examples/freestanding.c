/* A provider that needs no C library, small enough to build for any target with clang and lld alone. */
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * It writes one line and exits with status 0, on Linux. For Windows and macOS, whose system calls are reached through
 * libraries that a cross build does not have, it only returns: enough for an archive, not meant to be run.
 *
 *   clang --target=x86_64-linux-gnu -ffreestanding -fno-stack-protector -O1 -nostdlib -static -fuse-ld=lld \
 *       -o x86_64-linux examples/freestanding.c
 *   clang --target=aarch64-linux-gnu ... the same ... -o aarch64-linux examples/freestanding.c
 *
 *   clang --target=x86_64-pc-windows-msvc -ffreestanding -fno-stack-protector -O1 -c -o win.obj examples/freestanding.c
 *   lld-link /nologo /entry:start /subsystem:console /nodefaultlib /out:x86_64-windows.exe win.obj
 *
 *   clang --target=arm64-apple-macos11 -ffreestanding -fno-stack-protector -O1 -c -o macos.o examples/freestanding.c
 *   ld64.lld -arch arm64 -platform_version macos 11.0 11.0 -e _start -o aarch64-macos macos.o
 *
 * Debian calls the last one ld64.lld-14.
 */

#if defined(__linux__)

static const char line[] = "freestanding provider: started\n";

enum { STANDARD_OUTPUT = 1 };

#if defined(__x86_64__)

enum { SYS_WRITE = 1, SYS_EXIT = 60 };

static long system_call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

enum { SYS_WRITE = 64, SYS_EXIT = 93 };

static long system_call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}

#else
#error "this example knows x86_64 and aarch64"
#endif

/* The kernel jumps here with a stack but without a return address. */
__attribute__((noreturn)) void _start(void);
void _start(void) {
    long written = system_call(SYS_WRITE, STANDARD_OUTPUT, (long)line, (long)sizeof line - 1);
    for (;;)
        (void)system_call(SYS_EXIT, written == (long)sizeof line - 1 ? 0 : 1, 0, 0);
}

#else

/* `start`, which Mach-O spells `_start`. */
int start(void);
int start(void) {
    return 0;
}

#endif
