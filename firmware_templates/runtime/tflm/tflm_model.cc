/* te_model.h over TFLM's MicroInterpreter: the same for every model. */
#include "tflm_model.h"

#include <cstdint>
#include <new>

#include "te_model.h"
#ifdef TE_OBSERVE
#include "te_observe.h"
#endif
#if defined TE_OBSERVE || defined TE_WATCHDOG_S
#include "te_port.h"
#endif
#include "tensorflow/lite/micro/arena_allocator/single_arena_buffer_allocator.h"
#include "tensorflow/lite/micro/memory_helpers.h"
#include "tensorflow/lite/micro/memory_planner/greedy_memory_planner.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tensorflow/lite/schema/schema_utils.h"
#include "tflm_port.h"

namespace te {

char error_text[256];

namespace {

constexpr uintptr_t kAlignment = 16;
// What MicroAllocator::Create puts into the arena without asking whether there is room.
constexpr uint32_t kBookkeeping = sizeof(tflite::SingleArenaBufferAllocator) +
                                  sizeof(tflite::GreedyMemoryPlanner) +
                                  sizeof(tflite::MicroAllocator) + 3 * kAlignment;

// Built in place: a static object would register a destructor, which firmware never runs.
alignas(tflite::MicroInterpreter) uint8_t storage[sizeof(tflite::MicroInterpreter)];
tflite::MicroInterpreter *interpreter;
bool ready;

#ifdef TE_OBSERVE
// An allocator in its place that remembers where the tensors are, which TFLM tells only where their
// memory is not reused.
class Tensors : public tflite::MicroAllocator {
 public:
  Tensors(tflite::SingleArenaBufferAllocator *memory, tflite::MicroMemoryPlanner *planner)
      : tflite::MicroAllocator(memory, planner) {}
  // The interpreter's tensor; while an operator's output holds, its data do.
  const TfLiteEvalTensor *Get(int index) const {
    return tensors_ + index;
  }

 protected:
  TfLiteStatus AllocateTfLiteEvalTensors(const tflite::Model *model,
                                         tflite::SubgraphAllocations *subgraphs) override {
    const TfLiteStatus status = MicroAllocator::AllocateTfLiteEvalTensors(model, subgraphs);
    tensors_ = subgraphs[0].tensors;
    return status;
  }

 private:
  // What the destructor of a virtual object refers to; the C++ library's brings a heap along.
  void operator delete(void *) {}

  const TfLiteEvalTensor *tensors_ = nullptr;
};
alignas(Tensors) uint8_t tensors_storage[sizeof(Tensors)];

// What tflite::MicroAllocator::Create does.
Tensors *BuildTensors() {
  tflite::SingleArenaBufferAllocator *memory =
      tflite::SingleArenaBufferAllocator::Create(kArena, te_model.arena_bytes);
  uint8_t *planner = memory->AllocatePersistentBuffer(sizeof(tflite::GreedyMemoryPlanner),
                                                      alignof(tflite::GreedyMemoryPlanner));
  return new (tensors_storage) Tensors(memory, new (planner) tflite::GreedyMemoryPlanner());
}

// Reports each operator's ticks and its first output as soon as it has run. Operators of one
// subgraph run one after the other, so that one start time is enough.
class LayerTimer : public tflite::MicroProfilerInterface {
 public:
  LayerTimer(const tflite::Model *model, const Tensors *tensors)
      : operators_(model->subgraphs()->Get(0)->operators()), tensors_(tensors) {}
  uint32_t BeginEvent(const char *) override {
    start_ = te_port_ticks();
    return layer_;
  }
  void EndEvent(uint32_t layer) override {
    te_observe_layer(layer, te_port_ticks() - start_);
    const TfLiteEvalTensor *output = tensors_->Get(operators_->Get(layer)->outputs()->Get(0));
    size_t bytes = 0;
    if (tflite::TfLiteEvalTensorByteLength(output, &bytes) == kTfLiteOk) {
      te_observe_output(layer, output->data.data, static_cast<uint32_t>(bytes));
    }
    layer_ = layer + 1;
  }
  void Restart() {
    layer_ = 0;
  }

 private:
  void operator delete(void *) {}

  const flatbuffers::Vector<flatbuffers::Offset<tflite::Operator>> *operators_;
  const Tensors *tensors_;
  uint64_t start_ = 0;
  uint32_t layer_ = 0;
};
alignas(LayerTimer) uint8_t timer_storage[sizeof(LayerTimer)];
LayerTimer *timer;
#elif defined TE_WATCHDOG_S
// Feeds the watchdog before each operator. TFLM's build type "release" never calls it.
class Feeder : public tflite::MicroProfilerInterface {
 public:
  uint32_t BeginEvent(const char *) override {
    te_port_alive();
    return 0;
  }
  void EndEvent(uint32_t) override {}

 private:
  void operator delete(void *) {}
};
alignas(Feeder) uint8_t feeder_storage[sizeof(Feeder)];
#endif

// What TFLM said. Its build type "release" leaves the texts out.
const char *Reason() {
  return Messages()[0] != '\0' ? Messages() : "this TFLM library gives no reasons";
}

te_status CheckAlignment() {
  const uintptr_t data = reinterpret_cast<uintptr_t>(ModelData()) % kAlignment;
  const uintptr_t arena = reinterpret_cast<uintptr_t>(kArena) % kAlignment;
  if (data != 0 || arena != 0) {
    Format(error_text, sizeof(error_text), "%s is %u bytes past a multiple of 16",
           data != 0 ? "the model" : "the arena", static_cast<unsigned>(data != 0 ? data : arena));
    return TE_ERR_ALIGNMENT;
  }
  return TE_OK;
}

te_status CheckSchema(const tflite::Model *model) {
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    Format(error_text, sizeof(error_text), "the model has schema version %u, TFLM reads %u",
           static_cast<unsigned>(model->version()), static_cast<unsigned>(TFLITE_SCHEMA_VERSION));
    return TE_ERR_SCHEMA;
  }
  return TE_OK;
}

te_status CheckOperators(const tflite::Model *model, const tflite::MicroOpResolver *resolver) {
  if (resolver == nullptr) {
    Format(error_text, sizeof(error_text), "TFLM refused an operator: %s", Reason());
    return TE_ERR_OP;
  }
  // By use: a file may list operators that it does not use.
  for (const tflite::Operator *used : *model->subgraphs()->Get(0)->operators()) {
    const tflite::BuiltinOperator op =
        tflite::GetBuiltinCode(model->operator_codes()->Get(used->opcode_index()));
    if (resolver->FindOp(op) == nullptr) {
      Format(error_text, sizeof(error_text), "this firmware lacks the operator %s",
             tflite::EnumNameBuiltinOperator(op));
      return TE_ERR_OP;
    }
  }
  return TE_OK;
}

te_status CheckArena() {
  if (te_model.arena_bytes < kBookkeeping) {
    Format(error_text, sizeof(error_text), "the arena of %u bytes is at least %u bytes too small",
           static_cast<unsigned>(te_model.arena_bytes),
           static_cast<unsigned>(kBookkeeping - te_model.arena_bytes));
    return TE_ERR_ARENA;
  }
  return TE_OK;
}

te_status AllocateTensors() {
  if (interpreter->AllocateTensors() == kTfLiteOk) {
    return TE_OK;
  }
  if (MissingBytes() != 0) {
    Format(error_text, sizeof(error_text), "the arena of %u bytes is at least %u bytes too small",
           static_cast<unsigned>(te_model.arena_bytes), static_cast<unsigned>(MissingBytes()));
  } else {
    Format(error_text, sizeof(error_text), "TFLM could not prepare the model in %u bytes: %s",
           static_cast<unsigned>(te_model.arena_bytes), Reason());
  }
  return TE_ERR_ARENA;
}

// Whether `tensor` is as large as the application takes it for, which writes and reads all of it.
bool Fits(const te_tensor_info &info, const TfLiteTensor *tensor) {
  return tensor != nullptr && tensor->bytes == info.bytes;
}

te_status CheckTensors() {
  bool fit = interpreter->inputs_size() == te_model.input_count &&
             interpreter->outputs_size() == te_model.output_count;
  for (uint32_t i = 0; fit && i < te_model.input_count; i++) {
    fit = Fits(te_model.inputs[i], interpreter->input(i));
  }
  for (uint32_t i = 0; fit && i < te_model.output_count; i++) {
    fit = Fits(te_model.outputs[i], interpreter->output(i));
  }
  if (fit) {
    return TE_OK;
  }
  Format(error_text, sizeof(error_text), "its inputs or outputs are not of this firmware's sizes");
  return TE_ERR_TENSORS;
}

void ReadQuantization(te_tensor_info *info, const TfLiteTensor *tensor) {
  info->scale = tensor->params.scale;
  info->zero_point = tensor->params.zero_point;
}

}  // namespace

void ReadQuantization(te_tensor_info *inputs, te_tensor_info *outputs) {
  for (uint32_t i = 0; i < te_model.input_count; i++) {
    ReadQuantization(&inputs[i], interpreter->input(i));
  }
  for (uint32_t i = 0; i < te_model.output_count; i++) {
    ReadQuantization(&outputs[i], interpreter->output(i));
  }
}

}  // namespace te

te_status te_model_init(void) {
  te::ForgetMessages();
  te::ready = false;
  te::error_text[0] = '\0';
  te_status status = te::CheckAlignment();
  if (status != TE_OK) {
    return status;
  }
  const tflite::Model *model = tflite::GetModel(te::ModelData());
  status = te::CheckSchema(model);
  if (status != TE_OK) {
    return status;
  }
  const tflite::MicroOpResolver *resolver = te::BuildResolver();
  status = te::CheckOperators(model, resolver);
  if (status == TE_OK) {
    status = te::CheckArena();
  }
  if (status != TE_OK) {
    return status;
  }
#ifdef TE_OBSERVE
  te::Tensors *tensors = te::BuildTensors();
  te::timer = new (te::timer_storage) te::LayerTimer(model, tensors);
  te::interpreter =
      new (te::storage) tflite::MicroInterpreter(model, *resolver, tensors, nullptr, te::timer);
#else
  tflite::MicroProfilerInterface *profiler = nullptr;
#ifdef TE_WATCHDOG_S
  profiler = new (te::feeder_storage) te::Feeder();
#endif
  te::interpreter = new (te::storage) tflite::MicroInterpreter(
      model, *resolver, te::kArena, te_model.arena_bytes, nullptr, profiler);
#endif
  status = te::AllocateTensors();
  if (status == TE_OK) {
    status = te::CheckTensors();
  }
  te::ready = status == TE_OK;
  return status;
}

void *te_model_input(uint32_t index) {
  if (!te::ready || index >= te_model.input_count) {
    return nullptr;
  }
  return te::interpreter->input(index)->data.raw;
}

te_status te_model_invoke(void) {
  if (!te::ready) {
    te::Format(te::error_text, sizeof(te::error_text), "the model has not been prepared");
    return TE_ERR_NOT_READY;
  }
#ifdef TE_OBSERVE
  te::timer->Restart();
#endif
  te::ForgetMessages();
  if (te::interpreter->Invoke() != kTfLiteOk) {
    te::Format(te::error_text, sizeof(te::error_text), "an operator failed: %s", te::Reason());
    return TE_ERR_INVOKE;
  }
  return TE_OK;
}

const void *te_model_output(uint32_t index) {
  if (!te::ready || index >= te_model.output_count) {
    return nullptr;
  }
  return te::interpreter->output(index)->data.raw;
}

uint32_t te_model_arena_used(void) {
  return te::ready ? static_cast<uint32_t>(te::interpreter->arena_used_bytes()) : 0;
}

const char *te_model_error(void) {
  return te::error_text;
}
