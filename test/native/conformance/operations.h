// What is tested: one row an operation.
#pragma once

#include "conformance/check.h"

namespace sa_test {

void check_matmul(Case& c);
void check_matmul_block(Case& c);
void check_matmul_edges(Case& c);
void check_pack(Case& c);
void check_softmax(Case& c);
void check_softmax_edges(Case& c);
void check_prepare_scores(Case& c);
void check_exp_sweep(Case& c);
void check_tanh_sweep(Case& c);
void check_attention(Case& c);
void check_attention_edges(Case& c);
void check_layer_norm(Case& c);
void check_layer_norm_gradient(Case& c);
void check_rms_norm(Case& c);
void check_gelu(Case& c);
void check_unary(Case& c);
void check_unary_sweep(Case& c);
void check_binary(Case& c);
void check_reduce(Case& c);
void check_reduce_long(Case& c);
void check_transpose(Case& c);
void check_softmax_gradient(Case& c);
void check_log_softmax(Case& c);
void check_log_softmax_gradient(Case& c);
void check_scatter(Case& c);
void check_gate(Case& c);
void check_glu(Case& c);
void check_rotary(Case& c);
void check_embedding(Case& c);
void check_pool(Case& c);
void check_l2_normalize(Case& c);
void check_program(Case& c);
void check_int8_edges(Case& c);
void check_int8_quantize(Case& c);
void check_int8_matmul(Case& c);

struct Operation {
  const char* name;
  int share;  // of a thousand random cases; 0: one fixed case
  void (*check)(Case& c);
};

inline constexpr Operation kOperations[] = {
    {"matmul_edges", 0, check_matmul_edges},
    {"softmax_edges", 0, check_softmax_edges},
    {"attention_edges", 0, check_attention_edges},
    {"int8_edges", 0, check_int8_edges},
    {"exp_sweep", 0, check_exp_sweep},
    {"tanh_sweep", 0, check_tanh_sweep},
    {"unary_sweep", 0, check_unary_sweep},
    {"reduce_long", 0, check_reduce_long},
    {"matmul", 90, check_matmul},
    {"matmul_block", 80, check_matmul_block},
    {"pack", 60, check_pack},
    {"int8_quantize", 30, check_int8_quantize},
    {"int8_matmul", 60, check_int8_matmul},
    {"softmax", 50, check_softmax},
    {"prepare_scores", 50, check_prepare_scores},
    {"attention", 115, check_attention},
    {"layer_norm", 50, check_layer_norm},
    {"layer_norm_gradient", 20, check_layer_norm_gradient},
    {"rms_norm", 40, check_rms_norm},
    {"gelu", 20, check_gelu},
    {"unary", 70, check_unary},
    {"binary", 70, check_binary},
    {"reduce", 40, check_reduce},
    {"transpose", 40, check_transpose},
    {"softmax_gradient", 20, check_softmax_gradient},
    {"log_softmax", 15, check_log_softmax},
    {"log_softmax_gradient", 15, check_log_softmax_gradient},
    {"scatter", 20, check_scatter},
    {"gate", 20, check_gate},
    {"glu", 20, check_glu},
    {"rotary", 20, check_rotary},
    {"embedding", 50, check_embedding},
    {"pool", 50, check_pool},
    {"l2_normalize", 50, check_l2_normalize},
    {"program", 10, check_program},
};

}  // namespace sa_test
