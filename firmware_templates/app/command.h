/* What the device does when asked (see te_protocol.h). */
#ifndef TE_COMMAND_H
#define TE_COMMAND_H

/* Initialises the model, says READY, then answers requests until the link has gone for good.
 * A model that fails to initialise is reported in every answer; it is never run. */
void te_command_loop(void);

#endif
