// generator DEVICE REPLIES PER_SECOND ADDRESSES [SECONDS [KIND [ADDRESS [TARGET]]]]: ARP replies that arrive at DEVICE, as
// if from its cable, faster than any sender on the other end of a veth pair could be: a small XDP program runs over frames
// that the kernel makes (BPF_PROG_RUN with live frames, Linux 5.18), writes what differs, waits until the frame is due, and
// passes it to the stack. 0 per second: as fast as it goes. Bounded by REPLIES and by SECONDS. Prints what it really offered.
// KIND numbered (when none is given): ADDRESSES take turns as the sender; random: any MAC, any address; claims: ADDRESS, by
// any MAC; malformed: hardware and protocol of nobody; gratuitous: ADDRESS announced to all by any MAC. TARGET: whom they
// answer.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A slice is one call, which the kernel takes some 30 ms to set up: few of them.
// Frames of one batch arrive together: alone where that is fast enough.
enum { FRAME_BYTES = 60, BATCH = 64, ALONE_UP_TO = 300000, SLICE = 1 << 21, WAITS = 4000 };

// Shared with the program, which counts.
struct state {
  uint64_t frames;
  uint64_t begun_ns;
  uint64_t gap_ps;
  uint64_t mask;  // addresses less one
};

static int die(const char* what) {
  fprintf(stderr, "generator: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int bpf(int command, union bpf_attr* attr) { return (int)syscall(SYS_bpf, command, attr, sizeof *attr); }

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define INSN(c, d, s, o, i) ((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVI(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ALUI(op, d, i) INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU(op, d, s) INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define LOAD(size, d, s, o) INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, s, o) INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define JUMP(op, d, s, o) INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define JUMPI(op, d, i, o) INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define CALL(f) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

// What a kind writes into each frame: four random bytes at each place, 0 for none.
struct kind {
  const char* name;
  bool numbered;
  int random_at[2];  // the second one: the same bytes as the first
  int address_at;    // others
};
static const struct kind KINDS[] = {
    {"numbered", true, {0, 0}, 0},   {"random", false, {24, 8}, 28},     {"claims", false, {24, 8}, 0},
    {"malformed", false, {14, 8}, 0}, {"gratuitous", false, {24, 8}, 0},
};

static const struct kind* kind_of(const char* name) {
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
    if (strcmp(KINDS[i].name, name) == 0) return &KINDS[i];
  errno = EINVAL;
  return die(name), NULL;
}

// r6 the state, r7 the frame, r8 when it is due, r9 waits left
static int load_program(int map, const struct kind* kind) {
  // with no place for it, it goes where padding is
  const int padding = FRAME_BYTES - 4;
  const int first = kind->random_at[0] ? kind->random_at[0] : padding, second = kind->random_at[1] ? kind->random_at[1] : padding;
  const int address = kind->address_at ? kind->address_at : padding, number = kind->numbered ? 30 : padding;
  const struct bpf_insn code[] = {
      LOAD(BPF_W, 7, 1, offsetof(struct xdp_md, data)),
      LOAD(BPF_W, 8, 1, offsetof(struct xdp_md, data_end)),
      INSN(BPF_LD | BPF_DW | BPF_IMM, 6, BPF_PSEUDO_MAP_VALUE, 0, map), INSN(0, 0, 0, 0, 0),
      MOV(2, 7), ALUI(BPF_ADD, 2, FRAME_BYTES), JUMP(BPF_JGT, 2, 8, 29),  // too short: out
      LOAD(BPF_DW, 3, 6, offsetof(struct state, frames)),
      MOV(4, 3), ALUI(BPF_ADD, 4, 1), STORE(BPF_DW, 6, 4, offsetof(struct state, frames)),
      LOAD(BPF_DW, 8, 6, offsetof(struct state, gap_ps)), ALU(BPF_MUL, 8, 3), ALUI(BPF_DIV, 8, 1000),
      LOAD(BPF_DW, 4, 6, offsetof(struct state, begun_ns)), ALU(BPF_ADD, 8, 4),
      // the lower half of the sender address, 10.20.x.y
      LOAD(BPF_DW, 4, 6, offsetof(struct state, mask)), ALU(BPF_AND, 3, 4),
      INSN(BPF_ALU | BPF_END | BPF_TO_BE, 3, 0, 0, 16), STORE(BPF_H, 7, 3, number),
      CALL(BPF_FUNC_get_prandom_u32), STORE(BPF_W, 7, 0, first), STORE(BPF_W, 7, 0, second),
      CALL(BPF_FUNC_get_prandom_u32), STORE(BPF_W, 7, 0, address),
      LOAD(BPF_DW, 4, 6, offsetof(struct state, gap_ps)), JUMPI(BPF_JEQ, 4, 0, 7),  // as fast as it goes
      MOVI(9, WAITS),
      CALL(BPF_FUNC_ktime_get_ns), JUMP(BPF_JGE, 0, 8, 4),
      ALUI(BPF_SUB, 9, 1), JUMPI(BPF_JNE, 9, 0, -4),
      MOVI(0, XDP_PASS), EXIT(),
      MOVI(0, XDP_PASS), EXIT(),
      MOVI(0, XDP_PASS), EXIT(),
  };
  static char log[1 << 16];
  union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = sizeof code / sizeof *code};
  attr.insns = (uint64_t)(uintptr_t)code;
  attr.license = (uint64_t)(uintptr_t)"GPL";
  attr.expected_attach_type = BPF_XDP;
  int program = bpf(BPF_PROG_LOAD, &attr);
  if (program >= 0) return program;
  attr.log_buf = (uint64_t)(uintptr_t)log;
  attr.log_size = sizeof log;
  attr.log_level = 1;
  bpf(BPF_PROG_LOAD, &attr);
  fprintf(stderr, "%s\n", log);
  return die("the kernel takes no XDP program (root, Linux 5.18)");
}

// A program that passes all: attaching it registers the receive queue that live frames need.
static void attach_pass(int index) {
  const struct bpf_insn code[] = {MOVI(0, XDP_PASS), EXIT()};
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = 2};
  load.insns = (uint64_t)(uintptr_t)code;
  load.license = (uint64_t)(uintptr_t)"GPL";
  load.expected_attach_type = BPF_XDP;
  union bpf_attr link = {0};
  link.link_create.prog_fd = (uint32_t)bpf(BPF_PROG_LOAD, &load);
  link.link_create.target_ifindex = (uint32_t)index;
  link.link_create.attach_type = BPF_XDP;
  if (bpf(BPF_LINK_CREATE, &link) < 0) die("XDP cannot be attached");
}

static struct state* make_state(int* map) {
  union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(struct state), .max_entries = 1};
  attr.map_flags = BPF_F_MMAPABLE;
  *map = bpf(BPF_MAP_CREATE, &attr);
  if (*map < 0) die("no map");
  struct state* state = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, *map, 0);
  return state == MAP_FAILED ? (die("no map"), NULL) : state;
}

// A reply of `sender` at 02:…:02 to `target`, or its announcement to everybody.
static void make_frame(uint8_t* frame, const uint8_t* to, const struct kind* kind, const char* sender, const char* target) {
  static const uint8_t from[6] = {2, 0, 0, 0, 0, 2}, head[10] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};
  static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
  const bool announces = strcmp(kind->name, "gratuitous") == 0;
  memset(frame, 0, FRAME_BYTES);
  memcpy(frame, announces ? everybody : to, 6), memcpy(frame + 6, from, 6), memcpy(frame + 12, head, 10);
  memcpy(frame + 22, from, 6), memcpy(frame + 32, announces ? everybody : to, 6);
  errno = EINVAL;
  if (inet_pton(AF_INET, sender, frame + 28) != 1) die(sender);
  if (inet_pton(AF_INET, announces ? sender : target, frame + 38) != 1) die(target);
}

static void mac_of(const char* device, uint8_t* mac) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFHWADDR, &request) < 0) die(device);
  memcpy(mac, request.ifr_hwaddr.sa_data, 6);
}

int main(int argc, char** argv) {
  if (argc < 5) return fprintf(stderr, "generator DEVICE REPLIES PER_SECOND ADDRESSES [SECONDS [KIND [ADDRESS [TARGET]]]]\n"), 2;
  const int index = (int)if_nametoindex(argv[1]);
  const uint64_t replies = strtoull(argv[2], NULL, 10), rate = strtoull(argv[3], NULL, 10);
  const double seconds = argc > 5 ? atof(argv[5]) : 60;
  const struct kind* kind = kind_of(argc > 6 ? argv[6] : "numbered");
  if (index == 0) die(argv[1]);
  uint8_t frame[FRAME_BYTES], mac[6];
  mac_of(argv[1], mac);
  make_frame(frame, mac, kind, argc > 7 ? argv[7] : "10.20.0.0", argc > 8 ? argv[8] : "10.0.0.1");
  attach_pass(index);
  int map = 0;
  struct state* state = make_state(&map);
  const int program = load_program(map, kind);
  state->mask = strtoull(argv[4], NULL, 10) - 1;
  state->gap_ps = rate > 0 ? 1000000000000u / rate : 0;
  state->begun_ns = now_ns();
  const uint64_t end = state->begun_ns + (uint64_t)(seconds * 1e9);
  while (state->frames < replies && now_ns() < end) {
    const uint64_t left = replies - state->frames;
    struct xdp_md context = {.data_end = FRAME_BYTES, .ingress_ifindex = (uint32_t)index};
    union bpf_attr attr = {0};
    attr.test.prog_fd = (uint32_t)program;
    attr.test.data_in = (uint64_t)(uintptr_t)frame;
    attr.test.data_size_in = FRAME_BYTES;
    attr.test.ctx_in = (uint64_t)(uintptr_t)&context;
    attr.test.ctx_size_in = sizeof context;
    attr.test.repeat = (uint32_t)(left < SLICE ? left : SLICE);
    attr.test.batch_size = rate > 0 && rate <= ALONE_UP_TO ? 1 : BATCH;
    attr.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    if (bpf(BPF_PROG_TEST_RUN, &attr) < 0 && errno != EINTR && errno != EAGAIN) die("frames cannot be injected");
  }
  const double took = (double)(now_ns() - state->begun_ns) / 1e9;
  printf("{\"frames\":%llu,\"seconds\":%.6f}\n", (unsigned long long)state->frames, took);
  return 0;
}
