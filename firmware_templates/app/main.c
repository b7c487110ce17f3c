#include "command.h"
#include "te_port.h"

int main(void) {
  te_port_init();
  te_command_loop();
  te_port_halt(0);
}
