/* For machines that exist in an emulator alone. */
#include "te_port.h"

void te_port_alive(void) {}
