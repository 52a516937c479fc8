LIB_SRCS += base/err.c base/verdict.c base/paths.c base/hash.c base/seal.c base/sys.c base/file.c \
            base/process.c base/progress.c
TARGET_SRCS += base/crc32c.c
