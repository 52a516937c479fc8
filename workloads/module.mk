TARGET_SRCS += workloads/table.c workloads/parse.c workloads/text.c workloads/null.c \
               workloads/spin.c

# A loop that moves memory must stay the loop we wrote: gcc would make it a call of memcpy,
# which is another function in the agent (glibc) than in the payload, and the same workload
# would then be of different length on two platforms.
$(BUILD)/target/workloads/%.o: CFLAGS_TARGET += -fno-tree-loop-distribute-patterns
