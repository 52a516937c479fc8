TARGET_SRCS += workloads/table.c workloads/parse.c workloads/text.c workloads/arena.c \
               workloads/score.c workloads/math.c workloads/ntt.c workloads/decimal.c \
               workloads/null.c workloads/spin.c workloads/superpi.c workloads/exits.c \
               workloads/mem_bw.c workloads/mem_lat.c workloads/ub_cpu.c workloads/ub_mem.c \
               workloads/clock.c workloads/observe.c workloads/linux_only.c workloads/net.c
AGENT_SRCS += workloads/child_linux.c workloads/lm_syscall_linux.c workloads/lm_ctx_linux.c \
              workloads/lm_pipe_linux.c workloads/exits_kernel_linux.c workloads/net_linux.c \
              workloads/net_peer_linux.c workloads/exec_linux.c
LIB_SRCS += workloads/no_linux.c workloads/net_none.c
PAYLOAD_SRCS += workloads/no_linux.c workloads/net_none.c

# A loop that moves memory must stay the loop we wrote: gcc would make it a call of memcpy,
# which is another function in the agent (glibc) than in the payload, and the same workload
# would then be of different length on two platforms.
$(BUILD)/target/workloads/%.o: CFLAGS_TARGET += -fno-tree-loop-distribute-patterns
