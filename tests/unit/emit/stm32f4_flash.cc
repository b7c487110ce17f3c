// The STM32F4's flash controller as RM0090 3.5 to 3.9 describes it, around the driver itself, whose
// registers are objects here. Prints every write to a register; what the manual forbids ends it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

static constexpr uint32_t ACR = 0x40023c00, KEYR = ACR + 4, SR = ACR + 0xc, CR = ACR + 0x10;
static constexpr uint32_t LARGE = 0x08020000, SECTOR = 0x20000, LOCK = 1u << 31;
static std::vector<uint8_t> large(7 * SECTOR, 0);  // sectors 5 to 11
static uint32_t acr = 0x705, cr = LOCK, errors, keys, busy, failing;

static void require(bool good, const char *what) {
  if (good) return;
  std::printf("forbidden: %s\n", what);
  std::exit(1);
}

static void operation() {
  busy = 3;
  if (failing != 0) errors |= failing;
}

static void control(uint32_t value) {
  require(busy == 0, "CR is written while BSY");
  require(!(cr & LOCK), "CR is written while locked");
  if (value & 1u << 16) {
    require((value & 0x307) == 0x202, "a start that is not: words, SER");
    require(errors == 0, "an error is left from before");
    const uint32_t sector = value >> 3 & 0xf;
    require(sector >= 8 && sector <= 11, "another's sector is erased");
    std::memset(&large[(sector - 5) * SECTOR], 0xff, SECTOR);
    operation();
  }
  cr = value & ~(1u << 16);
}

static void program(uint32_t at, uint32_t value) {
  require(busy == 0, "flash is written while BSY");
  require(!(cr & LOCK) && (cr & 0x303) == 0x201, "flash is written without words, PG");
  require(at % 4 == 0 && at >= LARGE + 3 * SECTOR && at < LARGE + 7 * SECTOR, "another's address");
  uint32_t old;
  std::memcpy(&old, &large[at - LARGE], 4);
  old &= value;
  std::memcpy(&large[at - LARGE], &old, 4);
  operation();
}

struct Register {
  uint32_t at;
  operator uint32_t() const {
    if (at == SR) return errors | (busy > 0 ? busy--, 1u << 16 : 0);
    return at == ACR ? acr : cr;
  }
  void operator=(uint32_t value) const {
    std::printf("%08x=%08x\n", (unsigned)at, (unsigned)value);
    if (at == KEYR) {
      require(cr & LOCK, "a key comes while unlocked");
      require(value == (keys++ % 2 == 0 ? 0x45670123 : 0xcdef89ab), "a wrong key");
      if (keys % 2 == 0) cr &= ~LOCK;
    } else if (at == SR) {
      errors &= ~value;
    } else if (at == CR) {
      control(value);
    } else if (at == ACR) {
      require(!(value & 3u << 11) || !(acr & 3u << 9), "a cache is flushed that is on");
      acr = value;
    } else {
      program(at, value);
    }
  }
};

#define TE_REGISTER(address) (Register{(uint32_t)(address)})
#define _Static_assert static_assert
extern "C" void te_port_alive(void) {}
#include "flash.c"

int main(int, char **argv) {
  const uint32_t area = (uint32_t)std::atoi(argv[1]);
  failing = (uint32_t)std::strtoul(argv[2], nullptr, 16);
  uint8_t data[35];
  for (uint32_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
  const uint32_t sector = (3 + area) * SECTOR;
  errors = 0x80;  // of an accident before
  const bool erased = te_flash_erase(area);
  std::printf("erased %d\n", erased);
  const bool written = te_flash_write(area, 48, data + 3, 32);  // not aligned
  std::printf("written %d\n", written);
  const bool same = std::memcmp(&large[sector + 48], data + 3, 32) == 0;
  std::printf("same %d, erased around %d, at %08x, locked %d, caches %x\n", same,
              large[sector + 47] == 0xff && large[sector + 80] == 0xff,
              (unsigned)(uintptr_t)te_flash_at(area), (cr & LOCK) != 0, (unsigned)acr);
}
