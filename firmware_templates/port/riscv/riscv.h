/* What a port for a RISC-V microcontroller owes its core. */
#ifndef TE_RISCV_H
#define TE_RISCV_H

/* Every interrupt comes here; `cause` is mcause without its highest bit. */
void te_interrupt(unsigned cause);

/* Ends an emulator, with `code`; returns where it cannot. */
void te_power_off(int code);

#endif
