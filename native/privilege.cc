#include "privilege.h"

#include <dirent.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <vector>

#include "napi_util.h"

// What this process may do is lessened, never widened. TypeScript says by how much, and looks at what became of it.
namespace {

constexpr size_t MAX_INSTRUCTIONS = 256;
// No thread can block it: glibc uses it for setuid, to the same end, and keeps it out of every mask (nptl(7)).
constexpr int BROADCAST = 33;
constexpr int ROUNDS = 8;
constexpr int WAITS = 5000;
constexpr timespec WAIT = {0, 100'000};

// The kernel's, which glibc's sigaction does not let near this signal. The same on x86_64 and aarch64.
struct KernelAction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};

std::atomic<uint64_t> kept{0};
std::atomic<int> done{0};

// Capabilities belong to a thread, and only it can lower them. Nothing here may be unsafe in a signal's handler.
void lower_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return;
  const uint64_t keep = kept.load();
  for (int i = 0; i < 2; i++) {
    const auto mask = static_cast<uint32_t>(keep >> (32 * i));
    data[i] = {data[i].effective & mask, data[i].permitted & mask, 0};
  }
  syscall(SYS_capset, &header, data);
}

void on_broadcast(int) {
  const int before = errno;
  lower_capabilities();
  done.fetch_add(1);
  errno = before;
}

int set_action(const KernelAction* action, KernelAction* before) {
  return static_cast<int>(syscall(SYS_rt_sigaction, BROADCAST, action, before, sizeof(uint64_t)));
}

// How glibc returns from a handler (x86_64 wants to be told) is copied from one that it sets itself.
bool kernel_action(KernelAction* action) {
  const int lent = SIGRTMAX;
  struct sigaction ours = {}, before = {};
  ours.sa_handler = on_broadcast;
  ours.sa_flags = SA_RESTART;
  sigfillset(&ours.sa_mask);
  if (sigaction(lent, &ours, &before) != 0) return false;
  const bool read = syscall(SYS_rt_sigaction, lent, nullptr, action, sizeof(uint64_t)) == 0;
  sigaction(lent, &before, nullptr);
  return read;
}

std::set<pid_t> other_threads() {
  std::set<pid_t> found;
  DIR* folder = opendir("/proc/self/task");
  if (folder == nullptr) return found;
  const auto self = static_cast<pid_t>(syscall(SYS_gettid));
  while (const dirent* entry = readdir(folder)) {
    const pid_t id = std::atoi(entry->d_name);
    if (id > 0 && id != self) found.insert(id);
  }
  closedir(folder);
  return found;
}

// A thread that one of these starts meanwhile is found in the next round; who has ended does not answer.
void broadcast() {
  std::set<pid_t> told;
  for (int round = 0; round < ROUNDS; round++) {
    int sent = 0;
    done.store(0);
    for (const pid_t id : other_threads())
      if (told.insert(id).second && syscall(SYS_tgkill, getpid(), id, BROADCAST) == 0) sent++;
    if (sent == 0) return;
    for (int wait = 0; wait < WAITS && done.load() < sent; wait++) nanosleep(&WAIT, nullptr);
  }
}

// keepCapabilities(mask: number): void. Bits of others are taken from every thread; which has kept one is seen in /proc.
napi_value keep_capabilities(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  int64_t mask = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (!get_integer(env, argument, 0, (1LL << 53) - 1, &mask)) {
    napi_throw_type_error(env, nullptr, "keepCapabilities takes a mask");
    return nullptr;
  }
  kept.store(static_cast<uint64_t>(mask));
  KernelAction action = {}, before = {};
  if (kernel_action(&action) && set_action(&action, &before) == 0) {
    broadcast();
    set_action(&before, nullptr);
  }
  lower_capabilities();
  return nullptr;
}

// 0, or an errno. A thread with a filter of its own refuses ours for all.
int install(sock_filter* program, size_t count) {
  const sock_fprog whole = {static_cast<unsigned short>(count), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole);
  return result == 0 ? 0 : result > 0 ? EBUSY : errno;
}

// denySyscalls(program: Uint8Array): string | null. A filter for every thread, and no new privileges; why not, or null.
napi_value deny_syscalls(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr, none = nullptr;
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type = napi_int8_array;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (napi_get_typedarray_info(env, argument, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array || length == 0 || length % sizeof(sock_filter) != 0 ||
      length / sizeof(sock_filter) > MAX_INSTRUCTIONS) {
    napi_throw_type_error(env, nullptr, "denySyscalls takes a program of BPF as a Uint8Array");
    return nullptr;
  }
  std::vector<sock_filter> program(length / sizeof(sock_filter));
  std::memcpy(program.data(), data, length);
  const int error = install(program.data(), program.size());
  napi_get_null(env, &none);
  return error == 0 ? none : make_string(env, std::strerror(error));
}

}  // namespace

void register_privilege(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"keepCapabilities", nullptr, keep_capabilities, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"denySyscalls", nullptr, deny_syscalls, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, 2, functions);
}
