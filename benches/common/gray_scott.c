/* The Gray–Scott steps of simd.rs in C: the same operations in the same order. Fields have rows x cols
   contiguous cells. With -fopenmp the rows are computed on several threads. */

#include <math.h>
#include <stddef.h>

#define STEP(name, spread)                                                                                             \
    void name(const float *restrict u, const float *restrict v, float *restrict next_u, float *restrict next_v,        \
              size_t rows, size_t cols) {                                                                              \
        _Pragma("omp parallel for") for (size_t i = 0; i < rows - 2; i++) {                                            \
            const float *restrict u0 = u + i * cols, *restrict u1 = u0 + cols, *restrict u2 = u1 + cols;               \
            const float *restrict v0 = v + i * cols, *restrict v1 = v0 + cols, *restrict v2 = v1 + cols;               \
            float *restrict out_u = next_u + (i + 1) * cols + 1, *restrict out_v = next_v + (i + 1) * cols + 1;        \
            _Pragma("omp simd") for (size_t j = 0; j < cols - 2; j++) {                                                \
                float cell_u = u1[j + 1], cell_v = v1[j + 1];                                                          \
                float spread_u = spread(u0 + j, u1 + j, u2 + j), spread_v = spread(v0 + j, v1 + j, v2 + j);            \
                float reaction = cell_u * cell_v * cell_v;                                                             \
                out_u[j] = cell_u + fmaf(0.1f, spread_u, fmaf(0.014f, 1.0f - cell_u, -reaction));                      \
                out_v[j] = cell_v + fmaf(0.05f, spread_v, fmaf(-0.068f, cell_v, reaction));                            \
            }                                                                                                          \
        }                                                                                                              \
    }

static inline float spread_mul_add(const float *top, const float *middle, const float *bottom) {
    float cell = middle[1];
    float sum = 0.25f * (top[0] - cell);
    sum = fmaf(0.5f, top[1] - cell, sum);
    sum = fmaf(0.25f, top[2] - cell, sum);
    sum = fmaf(0.5f, middle[0] - cell, sum);
    sum = fmaf(0.5f, middle[2] - cell, sum);
    sum = fmaf(0.25f, bottom[0] - cell, sum);
    sum = fmaf(0.5f, bottom[1] - cell, sum);
    return fmaf(0.25f, bottom[2] - cell, sum);
}

static inline float spread_shared(const float *top, const float *middle, const float *bottom) {
    float corners = (top[0] + top[2]) + (bottom[0] + bottom[2]);
    float edges = (top[1] + bottom[1]) + (middle[0] + middle[2]);
    return fmaf(0.5f, edges, fmaf(0.25f, corners, -3.0f * middle[1]));
}

STEP(gray_scott_mul_add, spread_mul_add)
STEP(gray_scott_shared, spread_shared)
