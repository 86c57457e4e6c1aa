// rusage COMMAND…: runs it and writes to file descriptor 3 what it cost from exec to exit, by getrusage.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double ms(struct timeval t) { return t.tv_sec * 1e3 + t.tv_usec / 1e3; }

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static pid_t child;
static void forward(int signal) { kill(child, signal); }

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const double begun = now_ms();
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(3);
    execvp(argv[1], argv + 1);
    fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
    _exit(127);
  }
  signal(SIGINT, forward);
  signal(SIGTERM, forward);
  struct rusage cost;
  int status = 0;
  while (wait4(child, &status, 0, &cost) < 0 && errno == EINTR) {
  }
  dprintf(3, "{\"wallMs\":%.3f,\"userMs\":%.3f,\"systemMs\":%.3f,\"memoryMb\":%.1f,\"status\":%d}\n", now_ms() - begun,
          ms(cost.ru_utime), ms(cost.ru_stime), cost.ru_maxrss / 1024.0,
          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
