/* What the boot ROM looks for at the start of flash, and what it then jumps to: direct boot, in
 * which the program runs where the ROM has mapped the flash (ESP32-C3 and ESP32-C6 technical
 * reference manuals: chip boot control). */
  .section .boot, "ax"
  .word 0xaedb041d, 0xaedb041d
  csrci mstatus, 8 /* the ROM may have left interrupts on */
  j te_reset

/* mtvec holds a table of 32 jumps on these cores, faults first (chapter RISC-V CPU); its lowest
 * bit says so. */
  .text
  .balign 256
  .option push
  .option norvc
table:
  .rept 32
  j te_trap_entry
  .endr
  .option pop

  .global te_mtvec
  .set te_mtvec, table + 1
