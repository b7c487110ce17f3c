/* The host as a board: a process that is spoken to over a loopback socket or a pseudo terminal.
 *
 * TE_LISTEN chooses: "tcp" (the default; any free port), "fd:N" (a listening socket that was
 * inherited), or "pty". The URL is the first line on standard output. A peer that leaves makes room
 * for the next one. With TE_IDLE_S the process ends by itself when nothing has arrived for that
 * many seconds. */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "te_board.h"
#include "te_log.h"
#include "te_port.h"

enum { PAINT = 0xa5, RED_ZONE_BYTES = 1024, GUARD_BYTES = 32 };

static int listener = -1; /* socket that takes peers; -1 for a pseudo terminal */
static int peer = -1;     /* the link; -1 while nobody is connected */
static int idle_ms = -1;  /* -1: wait for ever */

/* The stack below te_port_init's frame, painted. */
static volatile uint8_t *stack_top, *stack_bottom;

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(2);
}

/* Listens on `inherited`, or, if it is negative, on any free port of the loopback interface. */
static void listen_tcp(int inherited) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = inherited < 0 ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : inherited;
  if (listener < 0) fail("socket");
  if (inherited < 0 && (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1))) {
    fail("socket");
  }
  if (getsockname(listener, (struct sockaddr *)&address, &size)) fail("socket");
  printf("socket://127.0.0.1:%u\n", ntohs(address.sin_port));
}

/* Its other end is opened too and stays open, so that a host that closes it is no hang-up. */
static void open_pty(void) {
  struct termios raw;
  peer = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (peer < 0 || grantpt(peer) || unlockpt(peer)) fail("pseudo terminal");
  const char *name = ptsname(peer);
  int other = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (other < 0 || tcgetattr(other, &raw)) fail("pseudo terminal");
  cfmakeraw(&raw);
  if (tcsetattr(other, TCSANOW, &raw)) fail("pseudo terminal");
  printf("%s\n", name);
}

/* Fills the part of the stack that is still free, down to TE_STACK_BYTES below this frame. */
__attribute__((noinline, no_sanitize("address"))) static void paint_stack(void) {
  stack_top = __builtin_frame_address(0);
  stack_bottom = stack_top - TE_STACK_BYTES;
  for (volatile uint8_t *at = stack_bottom; at < stack_top - RED_ZONE_BYTES; at++) *at = PAINT;
}

__attribute__((no_sanitize("address"))) size_t te_port_stack_peak(void) {
  const volatile uint8_t *at = stack_bottom;
  while (at < stack_top && *at == PAINT) at++;
  return (size_t)(stack_top - at);
}

__attribute__((no_sanitize("address"))) bool te_port_stack_whole(void) {
  for (int i = 0; i < GUARD_BYTES; i++) {
    if (stack_bottom[i] != PAINT) return false;
  }
  return true;
}

static void on_fault(int number) {
  te_fault(strsignal(number), 0);
  _exit(128 + number);
}

/* Faults are reported as a device's would be; a sanitizer keeps its own handlers. */
static void catch_faults(void) {
#ifndef __SANITIZE_ADDRESS__
  const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) signal(numbers[i], on_fault);
#else
  (void)on_fault;
#endif
}

void te_port_init(void) {
  const char *how = getenv("TE_LISTEN");
  const char *idle = getenv("TE_IDLE_S");
  signal(SIGPIPE, SIG_IGN);
  catch_faults();
  if (idle != NULL) idle_ms = atoi(idle) * 1000;
  if (how != NULL && strcmp(how, "pty") == 0) {
    open_pty();
  } else {
    listen_tcp(how != NULL && strncmp(how, "fd:", 3) == 0 ? atoi(how + 3) : -1);
  }
  fflush(stdout);
  paint_stack();
}

/* Waits until `descriptor` has something; ends the process when it is idle for too long. */
static void await(int descriptor) {
  struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
  int ready;
  do {
    ready = poll(&wanted, 1, idle_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) te_port_halt(0);
}

static void hang_up(void) {
  close(peer);
  peer = -1;
}

int te_port_read(uint8_t *data, size_t size) {
  for (;;) {
    if (peer < 0) {
      await(listener);
      peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      if (peer < 0) continue;
      setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    }
    await(peer);
    ssize_t count = read(peer, data, size);
    if (count > 0) return (int)count;
    if (count < 0 && errno == EINTR) continue;
    if (listener < 0) return -1;
    hang_up();
  }
}

void te_port_write(const uint8_t *data, size_t size) {
  while (peer >= 0 && size > 0) {
    ssize_t count = write(peer, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return; /* the next read sees that the peer has gone */
    data += count;
    size -= (size_t)count;
  }
}

uint32_t te_port_overruns(void) {
  return 0; /* sockets and terminals make the sender wait */
}

uint64_t te_port_ticks(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

void te_port_quiet(bool quiet) {
  (void)quiet; /* nothing interrupts but the operating system */
}

void te_port_alive(void) {}

void te_port_halt(int code) {
  exit(code);
}
