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
package com.hopper.hts.events.outbox;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.scheduling.concurrent.ExecutorConfigurationSupport;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/**
 * Waits for the tasks of the application's executors before the outbox stops, so that
 * they can still store events. Spring itself waits when it destroys executors, as long as
 * their settings say, which is after everything that delivers has stopped.
 */
class RunningTasks {

	private final ConfigurableApplicationContext context;

	private final Duration timeout;

	RunningTasks(ConfigurableApplicationContext context, Duration timeout) {
		this.context = context;
		this.timeout = timeout;
	}

	/**
	 * Wait for them, unless the context is only stopped and may be started again. The
	 * context is asked, because its events come too late where the executors that are
	 * waited for deliver them.
	 */
	void await() {
		if (!this.context.isClosed()) {
			return;
		}
		long start = System.nanoTime();
		for (ExecutorConfigurationSupport executor : existing(ExecutorConfigurationSupport.class)) {
			while (isAtWork(executor) && System.nanoTime() - start < this.timeout.toNanos() && sleep()) {
				// Polls: the executor takes tasks until it is destroyed and signals no
				// end of its tasks
			}
		}
		for (SimpleAsyncTaskExecutor executor : existing(SimpleAsyncTaskExecutor.class)) {
			String tasks = (executor instanceof SimpleAsyncTaskScheduler) ? "scheduling" : "execution";
			if (this.context.getEnvironment()
				.getProperty("spring.task." + tasks + ".shutdown.await-termination", Boolean.class, false)) {
				// Closed now instead of later, with the same timeout
				executor.close();
			}
		}
	}

	private <T> List<T> existing(Class<T> type) {
		ConfigurableListableBeanFactory beanFactory = this.context.getBeanFactory();
		return Stream.of(beanFactory.getBeanNamesForType(type, true, false))
			.map(beanFactory::getSingleton)
			.filter(type::isInstance)
			.map(type::cast)
			.toList();
	}

	/**
	 * Return whether tasks run or wait in an executor that Spring shuts down at the very
	 * end. For all others Spring has waited already.
	 */
	private static boolean isAtWork(ExecutorConfigurationSupport support) {
		try {
			if (support instanceof ThreadPoolTaskExecutor executor) {
				ThreadPoolExecutor pool = executor.getThreadPoolExecutor();
				return !pool.isShutdown() && (pool.getActiveCount() > 0 || !pool.getQueue().isEmpty());
			}
			return support instanceof ThreadPoolTaskScheduler scheduler
					&& !scheduler.getScheduledExecutor().isShutdown() && scheduler.getActiveCount() > 0;
		}
		catch (IllegalStateException ex) {
			// The executor was never initialized
			return false;
		}
	}

	private static boolean sleep() {
		try {
			TimeUnit.MILLISECONDS.sleep(20);
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

}
