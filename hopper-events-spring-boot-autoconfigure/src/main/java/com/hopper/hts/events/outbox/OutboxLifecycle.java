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

import com.hopper.hts.events.EventOutbox;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.scheduling.concurrent.ExecutorConfigurationSupport;
import org.springframework.util.Assert;

/**
 * Starts and stops the relay. Advice that is meant for everything of ours passes by: it
 * is meant for the outbox and its operations.
 */
final class OutboxLifecycle
		implements SmartLifecycle, ApplicationListener<ContextClosedEvent>, DisposableBean, AopInfrastructureBean {

	/**
	 * Started before and stopped after web servers, listeners of messages, executors and
	 * whatever else of the application may still store events.
	 */
	private static final int PHASE = ExecutorConfigurationSupport.DEFAULT_PHASE - 4096;

	private final @Nullable OutboxRelay relay;

	private final ObjectProvider<EventOutbox> outbox;

	private final RunningTasks runningTasks;

	private volatile boolean used;

	private volatile boolean closing;

	/**
	 * Create an instance.
	 * @param relay the relay, or {@code null} if nothing is sent
	 * @param outbox what stores the events of the relay
	 * @param runningTasks what may still store events at the end of the application
	 */
	OutboxLifecycle(@Nullable OutboxRelay relay, ObjectProvider<EventOutbox> outbox, RunningTasks runningTasks) {
		this.relay = relay;
		this.outbox = outbox;
		this.runningTasks = runningTasks;
	}

	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		this.closing = true;
	}

	boolean isEnabled() {
		return this.relay != null;
	}

	OutboxRelay relay() {
		Assert.state(this.relay != null, "hopper.enabled is false");
		return this.relay;
	}

	/**
	 * Return the relay to somebody who stores events.
	 */
	OutboxRelay use() {
		this.used = true;
		return relay();
	}

	@Override
	public void start() {
		// There may be a backlog even if nobody has asked for the outbox so far
		this.outbox.stream().forEach((ignored) -> {
		});
		if (this.relay != null && this.used) {
			// Something else, such as a mock, has taken the place of the outbox otherwise
			this.relay.start();
		}
	}

	@Override
	public void stop() {
		if (this.closing) {
			this.runningTasks.await();
		}
		if (this.relay != null) {
			this.relay.stop();
		}
	}

	@Override
	public void destroy() {
		if (this.relay != null) {
			this.relay.stop();
			this.relay.abandon();
		}
	}

	@Override
	public boolean isRunning() {
		return this.relay != null && this.relay.isRunning();
	}

	/**
	 * The outbox is not paused with an application that is not used for a while: other
	 * instances and threads rely on it.
	 */
	@Override
	public boolean isPauseable() {
		return false;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
