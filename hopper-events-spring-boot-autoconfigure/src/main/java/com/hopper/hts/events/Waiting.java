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
package com.hopper.hts.events;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * The blocking side of {@link EventPublisher}.
 */
final class Waiting {

	private Waiting() {
	}

	static EventReceipt forReceipt(Mono<EventReceipt> publication) {
		if (Schedulers.isInNonBlockingThread()) {
			throw new IllegalStateException("publishAndWait must not be called on thread '"
					+ Thread.currentThread().getName() + "': it serves other requests and must never wait. "
					+ "Use publish and return its Mono or compose with it, or move the call to another thread, "
					+ "for example with Mono.fromCallable(...).subscribeOn(Schedulers.boundedElastic())");
		}
		try {
			EventReceipt receipt = publication.block();
			Assert.state(receipt != null, "The publication ended without a receipt");
			return receipt;
		}
		catch (RuntimeException ex) {
			if (ex.getCause() instanceof InterruptedException interruption) {
				throw new HopperApiException.Timeout(HopperApiException.Details
					.of("The thread was interrupted while it waited for the answer; the request was aborted. "
							+ "The event may or may not have been counted.")
					.withDeliveryUnknown(true)
					.withCause(interruption));
			}
			throw ex;
		}
	}

}
