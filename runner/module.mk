LIB_SRCS += runner/campaign.c runner/collectors.c runner/platforms.c runner/programs.c runner/matrix.c runner/schedule.c runner/setting.c runner/boot.c \
            runner/execute.c runner/lock.c
-include runner/ingest.mk
