// inject DEVICE FRAMES: who-has by pcap_inject, one call each, as fast as it goes; prints how many a second were taken.
// libpcap is loaded as the program runs, so that nothing has to be linked.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char** argv) {
  if (argc < 3) return fprintf(stderr, "inject DEVICE FRAMES\n"), 2;
  void* library = dlopen("libpcap.so.0.8", RTLD_NOW);
  if (!library) return fprintf(stderr, "inject: %s\n", dlerror()), 1;
  void* (*open_live)(const char*, int, int, int, char*) = (void* (*)(const char*, int, int, int, char*))dlsym(library, "pcap_open_live");
  int (*inject)(void*, const void*, size_t) = (int (*)(void*, const void*, size_t))dlsym(library, "pcap_inject");
  char problem[256];
  void* pcap = open_live(argv[1], 64, 0, 1000, problem);
  if (!pcap) return fprintf(stderr, "inject: %s\n", problem), 1;
  static const uint8_t ask[42] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 21, 0, 1};
  uint8_t frame[42];
  memcpy(frame, ask, sizeof frame);
  frame[38] = 10, frame[39] = 99;
  const long frames = atol(argv[2]);
  long taken = 0;
  const double begun = now();
  for (long i = 0; i < frames; i++) {
    frame[40] = (uint8_t)(i >> 8), frame[41] = (uint8_t)i;
    if (inject(pcap, frame, sizeof frame) == (int)sizeof frame) taken++;
  }
  printf("%.0f\n", (double)taken / (now() - begun));
  return 0;
}
