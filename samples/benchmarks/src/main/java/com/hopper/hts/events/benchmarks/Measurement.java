/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.benchmarks;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import com.sun.management.OperatingSystemMXBean;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * What one round costs this JVM.
 */
final class Measurement {

	private static final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory
		.getOperatingSystemMXBean();

	private static final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory
		.getThreadMXBean();

	private static final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();

	/**
	 * Whether a failure has been shown: one says what is wrong, or that it is a
	 * {@code 503} that was asked for.
	 */
	private static final AtomicBoolean shown = new AtomicBoolean();

	private final ConcurrentHistogram latencies = new ConcurrentHistogram(60_000_000_000L, 3);

	private final LongAdder failures = new LongAdder();

	private final AtomicLong allocatedByEndedThreads = new AtomicLong();

	private final long start = System.nanoTime();

	private final long compilation = compiler.getTotalCompilationTime();

	private final long cpu = system.getProcessCpuTime();

	private final long allocated = allocated();

	Measurement() {
		((ThreadMXBean) threads).resetPeakThreadCount();
	}

	void succeeded(long start) {
		this.latencies.recordValue(System.nanoTime() - start);
	}

	void failed(Throwable failure) {
		if (shown.compareAndSet(false, true)) {
			System.err.println(failure);
		}
		this.failures.increment();
	}

	void threadEnds() {
		this.allocatedByEndedThreads.addAndGet(threads.getCurrentThreadAllocatedBytes());
	}

	/**
	 * Take the memory that is in use. Costs a full collection, so not in a round that
	 * counts.
	 */
	static long liveMemory() {
		System.gc();
		long buffers = (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider)
				? provider.metric().usedDirectMemory() : 0;
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + buffers;
	}

	Round end() {
		return end(0);
	}

	Round end(long liveMemory) {
		long time = System.nanoTime() - this.start;
		long count = Math.max(1, this.latencies.getTotalCount());
		return new Round(count / (time / 1e9), (system.getProcessCpuTime() - this.cpu) / 1e3 / count,
				(double) (allocated() + this.allocatedByEndedThreads.get() - this.allocated) / count,
				this.latencies.getValueAtPercentile(50) / 1e3, this.latencies.getValueAtPercentile(99) / 1e3,
				this.latencies.getValueAtPercentile(99.9) / 1e3, threads.getPeakThreadCount(), liveMemory,
				compiler.getTotalCompilationTime() - this.compilation, this.failures.sum());
	}

	private static long allocated() {
		long sum = 0;
		for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
			sum += Math.max(0, bytes);
		}
		return sum;
	}

}
