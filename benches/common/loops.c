/* The loops of four_arrays.rs, stencils.rs, filters.rs and volumes.rs in C: the same operations in the
   same order. Arrays are contiguous. With -fopenmp the outermost loops run on several threads. */

#include <stddef.h>

#ifdef _OPENMP
#include <omp.h>

void set_threads(int threads) { omp_set_num_threads(threads); }
#endif

void four_arrays(const float *restrict x, const float *restrict y, const float *restrict z, float *restrict w,
                 size_t cells) {
#pragma omp parallel for simd
    for (size_t i = 0; i < cells; i++) w[i] += x[i] + y[i] * z[i];
}

/* Computes the mean of 5x5 windows for all interior cells. */
void blur_5x5(const float *restrict input, float *restrict output, size_t rows, size_t cols) {
#pragma omp parallel for
    for (size_t i = 0; i < rows - 4; i++) {
        const float *restrict first = input + i * cols;
        float *restrict out = output + (i + 2) * cols + 2;
#pragma omp simd
        for (size_t j = 0; j < cols - 4; j++) {
            float sum = 0.0f;
            for (size_t k = 0; k < 5; k++)
                for (size_t l = 0; l < 5; l++) sum += first[k * cols + j + l];
            out[j] = sum * (1.0f / 25.0f);
        }
    }
}

static inline float smoothed(const float *above, const float *row, const float *below, size_t left, size_t j, size_t right) {
    float corners = (above[left] + above[right]) + (below[left] + below[right]);
    float edges = (above[j] + below[j]) + (row[left] + row[right]);
    return 0.0625f * corners + (0.125f * edges + 0.25f * row[j]);
}

/* Beyond the edges the outermost cells repeat. Requires at least 2 columns. */
void filter_3x3(const float *restrict input, float *restrict output, size_t rows, size_t cols) {
#pragma omp parallel for
    for (size_t i = 0; i < rows; i++) {
        const float *restrict row = input + i * cols;
        const float *restrict above = i > 0 ? row - cols : row;
        const float *restrict below = i + 1 < rows ? row + cols : row;
        float *restrict out = output + i * cols;
        out[0] = smoothed(above, row, below, 0, 0, 1);
#pragma omp simd
        for (size_t j = 1; j < cols - 1; j++) out[j] = smoothed(above, row, below, j - 1, j, j + 1);
        out[cols - 1] = smoothed(above, row, below, cols - 2, cols - 1, cols - 1);
    }
}

/* Computes one step of the heat equation by the 7-point stencil for all interior cells. */
#define HEAT(name, T)                                                                                                  \
    void name(const T *restrict now, T *restrict next, size_t planes, size_t rows, size_t cols) {                      \
        size_t plane = rows * cols;                                                                                    \
        _Pragma("omp parallel for") for (size_t i = 1; i < planes - 1; i++) {                                          \
            for (size_t j = 1; j + 1 < rows; j++) {                                                                    \
                const T *restrict row = now + i * plane + j * cols;                                                    \
                T *restrict out = next + i * plane + j * cols;                                                         \
                _Pragma("omp simd") for (size_t k = 1; k < cols - 1; k++) {                                            \
                    T around = row[k - plane] + row[k + plane] + row[k - cols];                                        \
                    around = around + row[k + cols] + row[k - 1] + row[k + 1];                                         \
                    out[k] = row[k] + (T)0.1 * (around - (T)6 * row[k]);                                               \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

HEAT(heat_f32, float)
HEAT(heat_f64, double)
