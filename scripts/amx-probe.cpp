// Does this compiler make working code for this CPU's matrix unit (AMX)?
//
// Compiled and run by cpu-flags.sh, once per set of compiler flags. Some compilers drop the stores that
// fill the tile configuration (GCC bug 114098, mended in 12.4 and 13.3), because they believe that
// _tile_loadconfig reads eight bytes only. The configuration is therefore filled here the way a real
// program does it: on the stack, field by field, in the function that loads it.
//
// Exit status: 0 the code is right, or the kernel forbids AMX and no program will use it;
// 1 wrong result; 2 the compiler made no AMX code at all. Broken code usually dies of a signal instead.

#if !defined(__AMX_INT8__) || !defined(__linux__)
int main() { return 2; }
#else

#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr int kRows = 16;           // rows of a tile, the most there are
constexpr int kRowBytes = 64;       // bytes in a row, the most there are
constexpr int kColumns = kRowBytes / 4;
constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
constexpr int kTileData = 18;               // XFEATURE_XTILEDATA

struct TileConfig {
    uint8_t palette = 0;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {};
    uint8_t rows[16] = {};
};

__attribute__((noinline)) void load_config() {
    alignas(64) TileConfig config = {};
    config.palette = 1;
    config.row_bytes[0] = kRowBytes; config.rows[0] = kRows;
    config.row_bytes[1] = kRowBytes; config.rows[1] = kRows;
    config.row_bytes[2] = kRowBytes; config.rows[2] = kRows;
    _tile_loadconfig(&config);
}

__attribute__((noinline)) void multiply(int32_t *product, const int8_t *left, const int8_t *right) {
    _tile_zero(0);
    _tile_loadd(1, left, kRowBytes);
    _tile_loadd(2, right, kRowBytes);
    _tile_dpbssd(0, 1, 2);
    _tile_stored(0, product, kRowBytes);
}

// The same product by the definition of the instruction: groups of four bytes of a row of `left` meet the
// four bytes that `right` keeps side by side for one column.
int32_t expected(const int8_t *left, const int8_t *right, int row, int column) {
    int32_t sum = 0;
    for (int group = 0; group < kRowBytes / 4; group++)
        for (int byte = 0; byte < 4; byte++)
            sum += left[row * kRowBytes + group * 4 + byte] * right[group * kRowBytes + column * 4 + byte];
    return sum;
}

}  // namespace

int main() {
    if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) return 0;
    alignas(64) int8_t left[kRows * kRowBytes], right[kRows * kRowBytes];
    alignas(64) int32_t product[kRows * kColumns];
    for (int i = 0; i < kRows * kRowBytes; i++) {
        left[i] = static_cast<int8_t>(i * 7 % 251 - 125);
        right[i] = static_cast<int8_t>(i * 11 % 241 - 120);
    }
    std::memset(product, 0, sizeof product);
    load_config();
    multiply(product, left, right);
    for (int row = 0; row < kRows; row++)
        for (int column = 0; column < kColumns; column++)
            if (product[row * kColumns + column] != expected(left, right, row, column)) return 1;
    return 0;
}
#endif
