/* What a runtime owes the application: one model, its description, and inference. */
#ifndef TE_MODEL_H
#define TE_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TE_MAX_RANK 6

typedef enum te_status {
  TE_OK = 0,
  TE_ERR_SCHEMA = 1,    /* the model's schema version is not the runtime's */
  TE_ERR_OP = 2,        /* the runtime lacks an operator */
  TE_ERR_ARENA = 3,     /* the arena is too small */
  TE_ERR_ALIGNMENT = 4, /* model or arena is not aligned */
  TE_ERR_INVOKE = 5,    /* an operator failed while running */
  TE_ERR_NOT_READY = 6, /* te_model_init has not succeeded */
  TE_ERR_DAMAGED = 7,   /* the model's constants are not those that were built */
  TE_ERR_MEMORY = 8,    /* something has written beside the arena, or the stack is used up */
  TE_ERR_TENSORS = 9    /* the model's inputs or outputs are not those that te_model describes */
} te_status;

typedef enum te_dtype {
  TE_INT8 = 0,
  TE_UINT8 = 1,
  TE_INT16 = 2,
  TE_INT32 = 3,
  TE_FLOAT32 = 4
} te_dtype;

typedef struct te_tensor_info {
  uint32_t bytes; /* whole tensor */
  te_dtype dtype;
  uint32_t rank;              /* 1..TE_MAX_RANK */
  uint32_t dims[TE_MAX_RANK]; /* unused entries are 0 */
  float scale;                /* real = (q - zero_point) * scale; 0 for float tensors */
  int32_t zero_point;
} te_tensor_info;

/* Read-only data of the model. */
typedef struct te_constant {
  const void *data;
  uint32_t bytes;
} te_constant;

#define TE_GUARD_BYTES 16 /* right before and right behind the arena, which nothing may write */

typedef struct te_model_info {
  const char *name;      /* NUL-terminated UTF-8, at most 63 bytes */
  const char *runtime;   /* "aot" or "tflm" */
  const uint8_t *sha256; /* 32 bytes, of the .tflite file */
  uint32_t input_count;
  uint32_t output_count;
  const te_tensor_info *inputs;  /* input_count entries */
  const te_tensor_info *outputs; /* output_count entries */
  uint32_t arena_bytes;          /* reserved, statically */
  uint8_t *guards[2];            /* TE_GUARD_BYTES each, for the application; NULL: none */
  const te_constant *constants;  /* constant_count entries: weights, tables; or the .tflite */
  uint32_t constant_count;
  uint32_t constants_crc; /* CRC-32 (zlib's) of their bytes, in order */
} te_model_info;

extern const te_model_info te_model;

/* Prepares the model; called once before the others. On failure te_model_error() says why. */
te_status te_model_init(void);

/* Where input `index` is to be written before each te_model_invoke (its memory may be reused by
 * the inference). Owned by the runtime. NULL if there is no such input. */
void *te_model_input(uint32_t index);

/* Runs one inference; blocks until done. */
te_status te_model_invoke(void);

/* Output `index` of the last inference; valid until the next input is written. NULL if none. */
const void *te_model_output(uint32_t index);

/* Bytes of the arena that are really used; at most te_model.arena_bytes. */
uint32_t te_model_arena_used(void);

/* Human-readable reason of the last failure, with the figures ("arena is 1024 bytes too small").
 * NUL-terminated, never NULL, empty if nothing failed. */
const char *te_model_error(void);

#ifdef __cplusplus
}
#endif

#endif
