#include "update.h"

#include <string.h>

#include "command.h"
#include "image.h"
#include "inference.h"
#include "te_board.h"
#include "te_features.h"
#include "te_flash.h"
#include "te_keys.h"
#include "te_protocol.h"
#include "te_sha512.h"
#include "te_signature.h"
#include "te_slots.h"

/* A slot: manifest and signature, then from HEAD on the content: image, and vectors of the
 * self-test. The head is written last. */
enum {
  SIGNED = TE_MANIFEST_SIZE + TE_SIGNATURE_BYTES,
  HEAD = TE_SLOT_HEAD,
  MOST_CRASHES = 3,
  FORGIVEN_AFTER = 1000, /* inferences */
  BLOCK = 16
};

_Static_assert(SIGNED <= HEAD && SIGNED <= TE_MAX_PAYLOAD, "a manifest fits frame and slot");

static const uint8_t architecture[32] = TE_ARCHITECTURE;
static const uint8_t public_key[TE_PUBLIC_KEY_BYTES] = TE_UPDATE_KEY;

static struct {
  te_slots_state slots;
  uint8_t package[HEAD]; /* of the update that comes in */
  uint32_t received;     /* bytes of its content */
  uint32_t answered;     /* inferences since a crash that is not forgiven */
  bool loaded;           /* `slots` is what the journal says */
  bool started;          /* te_update_start has been called */
  bool counted;          /* the crash of this run, which is reported again and again */
  bool tests;            /* the model that is bound is not the active one: its self-test runs */
} state;

/* Slot of the update that comes in, or TE_SLOT_COMPILED: there is none. */
static int32_t target = TE_SLOT_COMPILED;

static uint32_t field(const uint8_t *manifest, uint32_t at) {
  return te_get_u32(manifest + at);
}

static uint32_t content_bytes(const uint8_t *manifest) {
  return field(manifest, TE_MANIFEST_CONTENT_BYTES_AT);
}

/* Grows with major, minor and patch; 0 of the compiled-in model. */
static uint64_t version_of(const uint8_t *manifest) {
  return (uint64_t)field(manifest, TE_MANIFEST_VERSION_AT + 4) << 32 |
         field(manifest, TE_MANIFEST_VERSION_AT);
}

static uint64_t version(int32_t slot) {
  return slot == TE_SLOT_COMPILED ? 0 : version_of(te_flash_at((uint32_t)slot));
}

static bool content_holds(int32_t slot, const uint8_t *manifest) {
  te_sha512 hash;
  uint8_t found[64];
  te_sha512_begin(&hash);
  te_sha512_add(&hash, te_flash_at((uint32_t)slot) + HEAD, content_bytes(manifest));
  te_sha512_end(&hash, found);
  return memcmp(found, manifest + TE_MANIFEST_SHA512_AT, sizeof found) == 0;
}

static uint64_t vector_bytes(void) {
  uint64_t bytes = te_input_bytes();
  for (uint32_t i = 0; i < te_model.output_count; i++) bytes += te_model.outputs[i].bytes;
  return bytes;
}

/* Of a manifest that is not unfit: the image is what the vectors leave of the content. */
static uint32_t image_bytes(const uint8_t *manifest) {
  return content_bytes(manifest) -
         field(manifest, TE_MANIFEST_VECTORS_AT) * (uint32_t)vector_bytes();
}

/* Whether the content is vectors and an image that may run here. */
static bool sizes_fit(const uint8_t *manifest) {
  const uint32_t content = content_bytes(manifest);
  const uint32_t vectors = field(manifest, TE_MANIFEST_VECTORS_AT);
  if (vectors > 1024 || content > te_flash_bytes(0) - HEAD) return false;
  const uint64_t tests = vectors * vector_bytes();
  return content >= tests + TE_IMAGE_LEAST && content <= tests + TE_IMAGE_MOST;
}

/* NULL if the manifest is for this firmware, else why not. */
static const char *unfit(const uint8_t *manifest) {
  if (memcmp(manifest, TE_PACKAGE_MAGIC, 4) != 0 ||
      field(manifest, TE_MANIFEST_FORMAT_AT) != TE_PACKAGE_FORMAT) {
    return "no package of this format";
  }
  if (memcmp(manifest + TE_MANIFEST_ARCHITECTURE_AT, architecture, sizeof architecture) != 0) {
    return "made for another architecture";
  }
  if (strncmp((const char *)manifest + TE_MANIFEST_BOARD_AT, TE_BOARD_ID,
              TE_MANIFEST_BOARD_BYTES) != 0) {
    return "made for another board";
  }
  return sizes_fit(manifest) ? NULL : "its content has another size, or is larger than a slot";
}

static bool slot_holds(int32_t slot) {
  if (slot == TE_SLOT_COMPILED) return true;
  const uint8_t *manifest = te_flash_at((uint32_t)slot);
  return unfit(manifest) == NULL && content_holds(slot, manifest);
}

static te_status bind(const uint8_t *image, uint32_t bytes, bool back) {
  const te_status status = te_model_bind(image, bytes);
  te_inference_forget();
  te_features_changed(back);
  return status;
}

/* A watchdog's restart is told as a fault before te_update_start. */
static void load(void) {
  if (state.loaded) return;
  te_flash_init();
  state.slots = te_slots_load();
  state.loaded = true;
}

/* Makes `slot` the active one, for good. */
static void settle(int32_t slot) {
  const te_slots_state after = {
      .active = (int8_t)slot, .previous = TE_SLOT_COMPILED, .floor = state.slots.floor};
  te_slots_store(&after);
  state.slots = after;
}

/* Binds the active model; one that its runtime refuses is left for the compiled-in one. `back`: it
 * ran before an update that has come to nothing. */
static void bind_active(bool back) {
  if (state.slots.active != TE_SLOT_COMPILED) {
    const uint8_t *slot = te_flash_at((uint32_t)state.slots.active);
    if (bind(slot + HEAD, image_bytes(slot), back) == TE_OK) return;
    settle(TE_SLOT_COMPILED);
    back = false;
  }
  bind(te_image, TE_IMAGE_BYTES, back);
}

void te_update_start(te_status ready) {
  load();
  state.started = true;
  state.counted = false;
  if (state.slots.told != 0) {
    te_slots_state after = state.slots;
    after.told = 0;
    if (te_slots_store(&after)) state.slots = after;
  }
  if (ready != TE_OK) return;
  if (state.slots.trial != 0 || state.slots.crashes >= MOST_CRASHES) settle(state.slots.previous);
  if (!slot_holds(state.slots.active)) settle(TE_SLOT_COMPILED);
  if (state.slots.active != TE_SLOT_COMPILED) bind_active(false);
}

void te_update_fault(void) {
  load();
  te_slots_state after = state.slots;
  if (after.active == TE_SLOT_COMPILED || state.tests || state.counted) return;
  state.counted = true;
  if (after.told != 0) return; /* the watchdog has restarted what faulted */
  if (after.crashes < MOST_CRASHES) after.crashes++;
  after.told = state.started;
  if (te_slots_store(&after)) state.slots = after;
}

void te_update_inferred(te_status result, uint64_t ticks) {
  (void)ticks;
  if (result != TE_OK || state.slots.crashes == 0 || ++state.answered != FORGIVEN_AFTER) return;
  te_slots_state after = state.slots;
  after.crashes = 0;
  if (te_slots_store(&after)) state.slots = after;
}

static void answer_state(const te_frame *request) {
  uint8_t body[TE_UPDATE_STATE_SIZE];
  te_set_u32(body + TE_UPDATE_STATE_ACTIVE_AT, (uint32_t)state.slots.active);
  te_set_u32(body + TE_UPDATE_STATE_PREVIOUS_AT, (uint32_t)state.slots.previous);
  te_set_u32(body + TE_UPDATE_STATE_TRIAL_AT, state.slots.trial);
  te_set_u32(body + TE_UPDATE_STATE_CRASHES_AT, state.slots.crashes);
  te_set_u32(body + TE_UPDATE_STATE_RECEIVED_AT, state.received);
  te_set_u32(body + TE_UPDATE_STATE_SLOT_BYTES_AT, te_flash_bytes(0));
  te_set_u32(body + TE_UPDATE_STATE_LASTS_AT, te_flash_lasts());
  te_frame_begin(request->type | TE_ANSWER, request->sequence,
                 sizeof body + (request->type == TE_TYPE_VERSIONS ? 2 * TE_MANIFEST_SIZE : 0));
  te_frame_put(body, sizeof body);
}

void te_on_versions(const te_frame *request) {
  static const uint8_t nothing[TE_MANIFEST_SIZE];
  answer_state(request);
  for (int32_t slot = 0; slot < TE_FLASH_SLOTS; slot++) {
    te_frame_put(slot_holds(slot) ? te_flash_at((uint32_t)slot) : nothing, TE_MANIFEST_SIZE);
  }
  te_frame_end();
}

static void done(const te_frame *request) {
  answer_state(request);
  te_frame_end();
}

/* The slot that neither runs nor is needed to go back to. */
static int32_t free_slot(void) {
  return state.slots.active == 0 ? 1 : 0;
}

/* What `slot` holds is not gone back to from here on. */
static bool give_up(int32_t slot) {
  if (state.slots.previous != slot) return true;
  te_slots_state after = state.slots;
  after.previous = TE_SLOT_COMPILED;
  if (!te_slots_store(&after)) return false;
  state.slots = after;
  return true;
}

void te_on_update_begin(const te_frame *request) {
  const uint8_t *manifest = request->payload;
  if (request->length != SIGNED) {
    te_refuse(request, TE_CODE_LENGTH, request->length, "");
    return;
  }
  if (target != TE_SLOT_COMPILED && memcmp(state.package, manifest, SIGNED) == 0) {
    done(request); /* it goes on */
    return;
  }
  const char *why = unfit(manifest);
  const bool older = version_of(manifest) <= version(state.slots.active) ||
                     version_of(manifest) < state.slots.floor;
  if (why == NULL &&
      !te_signature_holds(manifest + TE_MANIFEST_SIZE, public_key, manifest, TE_MANIFEST_SIZE)) {
    why = "not signed with this device's key";
  }
  if (why == NULL && older && !(field(manifest, TE_MANIFEST_FLAGS_AT) & TE_PACKAGE_DOWNGRADE)) {
    why = "not newer than what runs or was kept, and not signed as a downgrade";
  }
  if (why == NULL && state.slots.trial != 0) why = "a model is on trial: keep it or roll it back";
  if (why != NULL) {
    te_refuse(request, TE_CODE_UPDATE, 0, why);
    return;
  }
  target = free_slot();
  state.received = 0;
  if (!give_up(target) || !te_flash_erase((uint32_t)target)) {
    target = TE_SLOT_COMPILED;
    te_refuse(request, TE_CODE_FLASH, 0, "the slot could not be erased");
    return;
  }
  memset(state.package, 0, sizeof state.package);
  memcpy(state.package, manifest, SIGNED);
  done(request);
}

/* Blocks are whole but for the last, which is filled up. */
static bool write_content(uint32_t offset, const uint8_t *data, uint32_t size) {
  uint8_t last[BLOCK] = {0};
  const uint32_t part = size / BLOCK * BLOCK;
  const uint32_t slot = (uint32_t)target;
  if (part > 0 && !te_flash_write(slot, HEAD + offset, data, part)) return false;
  if (part == size) return true;
  memcpy(last, data + part, size - part);
  return te_flash_write(slot, HEAD + offset + part, last, sizeof last);
}

void te_on_update_data(const te_frame *request) {
  const uint32_t offset = te_get_u32(request->payload + TE_UPDATE_DATA_OFFSET_AT);
  const uint32_t size = request->length - TE_UPDATE_DATA_SIZE;
  const uint32_t total = content_bytes(state.package);
  if (target == TE_SLOT_COMPILED) {
    te_refuse(request, TE_CODE_ORDER, 0, "no update has begun");
    return;
  }
  if (offset > total || size > total - offset || (size % BLOCK != 0 && offset + size != total)) {
    te_refuse(request, TE_CODE_RANGE, total, "");
    return;
  }
  if (offset == state.received) {
    if (!write_content(offset, request->payload + TE_UPDATE_DATA_SIZE, size)) {
      target = TE_SLOT_COMPILED;
      te_refuse(request, TE_CODE_FLASH, offset, "the slot could not be written");
      return;
    }
    state.received += size;
  }
  done(request);
}

/* Whether the model that is bound answers each vector as its package says. */
static bool answers_hold(const uint8_t *vector, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    te_input_write(0, vector, te_input_bytes());
    vector += te_input_bytes();
    if (te_model_invoke() != TE_OK) return false;
    for (uint32_t output = 0; output < te_model.output_count; output++) {
      const uint32_t bytes = te_model.outputs[output].bytes;
      if (memcmp(vector, te_model_output(output), bytes) != 0) return false;
      vector += bytes;
    }
  }
  return true;
}

/* NULL if the model that has come is bound and answers its self-test, else why not. */
static const char *tried(const uint8_t *content) {
  const uint32_t bytes = image_bytes(state.package);
  if (bind(content, bytes, false) != TE_OK) return te_model_error();
  const bool right = answers_hold(content + bytes, field(state.package, TE_MANIFEST_VECTORS_AT));
  return right ? NULL : "the self-test has failed";
}

/* NULL if the new model, which is what was signed, runs on trial; else why not, and the old one has
 * to be bound again. */
static const char *activate(void) {
  state.tests = true;
  const char *why = tried(te_flash_at((uint32_t)target) + HEAD);
  state.tests = false;
  if (why != NULL) return why;
  if (!te_flash_write((uint32_t)target, 0, state.package, HEAD)) {
    return "the slot's head could not be written";
  }
  const te_slots_state after = {.active = (int8_t)target,
                                .previous = state.slots.active,
                                .trial = 1,
                                .floor = state.slots.floor};
  if (!te_slots_store(&after)) return "the record could not be written";
  state.slots = after;
  return NULL;
}

void te_on_update_apply(const te_frame *request) {
  if (target == TE_SLOT_COMPILED) {
    if (state.slots.trial != 0) { /* asked for again */
      done(request);
    } else {
      te_refuse(request, TE_CODE_ORDER, 0, "no update has begun");
    }
    return;
  }
  if (state.received != content_bytes(state.package)) {
    te_refuse(request, TE_CODE_INCOMPLETE, state.received, "");
    return;
  }
  const bool whole = content_holds(target, state.package);
  const char *why = whole ? activate() : "the content is not what was signed";
  target = TE_SLOT_COMPILED;
  if (why != NULL) {
    te_refuse(request, TE_CODE_UPDATE, 0, why); /* first: binding forgets the reason */
    if (whole) bind_active(true);
    return;
  }
  done(request);
}

void te_on_update_decide(const te_frame *request) {
  const uint32_t keep = te_get_u32(request->payload + TE_UPDATE_DECIDE_KEEP_AT);
  const uint32_t slot = te_get_u32(request->payload + TE_UPDATE_DECIDE_SLOT_AT);
  if (slot != (uint32_t)state.slots.active) { /* decided already */
    done(request);
    return;
  }
  te_slots_state after = state.slots;
  after.trial = after.crashes = 0;
  if (keep != 0 && state.slots.trial != 0) after.floor = version(state.slots.active);
  if (keep == 0 && state.slots.active != TE_SLOT_COMPILED) {
    after.active = slot_holds(state.slots.previous) ? state.slots.previous : TE_SLOT_COMPILED;
    after.previous = TE_SLOT_COMPILED;
  }
  if (memcmp(&after, &state.slots, sizeof after) != 0) {
    if (!te_slots_store(&after)) {
      te_refuse(request, TE_CODE_FLASH, 0, "the record could not be written");
      return;
    }
    const bool other = after.active != state.slots.active;
    const bool back = state.slots.trial != 0 && after.active == state.slots.previous;
    state.slots = after;
    if (other) bind_active(back);
  }
  done(request);
}
