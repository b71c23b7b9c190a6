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

import java.util.function.Supplier;

import com.hopper.hts.events.EventOutbox;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.ExecutorConfigurationSupport;
import org.springframework.util.Assert;

/**
 * Starts and stops the relay. An {@link AopInfrastructureBean}, so that advice on whole
 * packages does not proxy it: such advice is meant for the outbox and its operations.
 */
final class OutboxLifecycle implements SmartLifecycle, DisposableBean, AopInfrastructureBean {

	/**
	 * Started before and stopped after web servers, listeners of messages, executors and
	 * whatever else of the application may still store events.
	 */
	private static final int PHASE = ExecutorConfigurationSupport.DEFAULT_PHASE - 4096;

	private final @Nullable Supplier<OutboxRelay> relay;

	/**
	 * Whether there may be events of an earlier run or of other instances.
	 */
	private final boolean backlog;

	private final ObjectProvider<EventOutbox> outbox;

	private final RunningTasks runningTasks;

	/**
	 * The relay, as soon as the outbox was created. It stays {@code null} if something
	 * else, such as a mock, has taken the place of the outbox.
	 */
	private volatile @Nullable OutboxRelay used;

	private volatile boolean started;

	/**
	 * Create an instance.
	 * @param relay creates the relay, or {@code null} if nothing is sent
	 * @param backlog whether there may be a backlog when the application starts
	 * @param outbox what stores the events of the relay
	 * @param runningTasks what may still store events at the end of the application
	 */
	OutboxLifecycle(@Nullable Supplier<OutboxRelay> relay, boolean backlog, ObjectProvider<EventOutbox> outbox,
			RunningTasks runningTasks) {
		this.relay = relay;
		this.backlog = backlog;
		this.outbox = outbox;
		this.runningTasks = runningTasks;
	}

	boolean isEnabled() {
		return this.relay != null;
	}

	/**
	 * Return the relay for storing events.
	 */
	OutboxRelay use() {
		OutboxRelay relay = relay();
		this.used = relay;
		if (this.started) {
			// The outbox was first asked for after the application had started
			relay.start();
		}
		return relay;
	}

	/**
	 * Return the relay for operating it. The outbox is created before, so that a relay
	 * that should be running is started.
	 */
	OutboxRelay operate() {
		createOutbox();
		return relay();
	}

	private OutboxRelay relay() {
		Assert.state(this.relay != null, "hopper.enabled is false");
		return this.relay.get();
	}

	private void createOutbox() {
		this.outbox.stream().forEach((ignored) -> {
		});
	}

	@Override
	public void start() {
		if (this.backlog) {
			// Events of an earlier run may wait, even if nobody has asked for the outbox
			// so far
			createOutbox();
		}
		this.started = true;
		OutboxRelay relay = this.used;
		if (relay != null) {
			relay.start();
		}
	}

	@Override
	public void stop() {
		this.runningTasks.await();
		OutboxRelay relay = this.used;
		if (relay != null) {
			this.started = false;
			relay.stop();
		}
	}

	@Override
	public void destroy() {
		OutboxRelay relay = this.used;
		if (relay != null) {
			relay.stop();
			relay.abandon();
		}
	}

	@Override
	public boolean isRunning() {
		OutboxRelay relay = this.used;
		return relay != null && relay.isRunning();
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
