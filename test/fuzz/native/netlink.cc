// libFuzzer on what reads the kernel's datagrams: the end of a dump, and the state of one interface out of any bytes,
// in memory of exactly their size.
#include <linux/if.h>
#include <linux/netlink.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "input.h"
#include "link_watch.h"
#include "netlink.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  LinkNews news("eth0");
  while (!input.ended()) {
    // two bytes of length, as long as a datagram may be
    const size_t length = static_cast<size_t>(input.byte()) << 8 | input.byte();
    const std::vector<uint8_t> datagram = input.bytes(length);
    netlink_ends_dump(datagram.data(), datagram.size());
    std::vector<Trouble> changes;
    news.take(datagram.data(), datagram.size(), &changes);
    for (const Trouble& change : changes) {
      if (change.code.empty() || change.message.size() > 256) std::abort();
    }
    if (news.state().name.size() > IFNAMSIZ) std::abort();
  }
  return 0;
}
