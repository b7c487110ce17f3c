/* The block that the RP2350's boot ROM looks for in the first 4 KB: an image for its Arm cores, in
 * secure state, with the vectors at its beginning (datasheet 5.9.5, minimum Arm IMAGE_DEF). */
#include <stdint.h>

__attribute__((section(".image"), used, aligned(4))) static const uint32_t image[] = {
    0xffffded3, /* a block begins */
    0x10210142, /* IMAGE_DEF of one word: executable, secure, Arm, RP2350 */
    0x000001ff, /* last item, after one word */
    0x00000000, /* no further block */
    0xab123579, /* the block ends */
};
